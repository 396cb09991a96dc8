"""UDFs that the service knows, saved or in git, with tokens and collections, and what of them a job is given."""
