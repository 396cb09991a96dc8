"""Runs from the request to the end: history, queue, start, watch, results, schedules."""
