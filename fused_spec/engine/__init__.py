"""What executes jobs, in processes of its own: one worker a job, and below it one process a task at a time.

The service starts it by command line and reads its files (`fused_spec.jobs.folder`); nothing here speaks HTTP.
"""
