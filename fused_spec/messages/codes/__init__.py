"""Every sort of problem that is told: its number, what it means and what to do; one file for each group of them."""
