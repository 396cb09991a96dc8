"""From a checked document to what it declares: a job, a saved UDF or a token, with everything filled in."""
