"""Between what is declared and what runs: read history, carry out a plan, wait, archive."""
