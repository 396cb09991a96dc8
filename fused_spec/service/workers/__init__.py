"""The processes that execute jobs, seen from the service: started, heard, and given their share of the machine."""
