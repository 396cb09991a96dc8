"""What `plan` and `apply` share: from paths to a plan, from a plan to its outcomes, under a lock."""
