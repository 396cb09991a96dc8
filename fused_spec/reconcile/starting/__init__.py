"""Start one job, effectively once; or take for done what a person says is done."""
