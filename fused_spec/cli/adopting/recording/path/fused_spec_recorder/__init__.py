"""The recorder within a script: what is heard, and how it is answered."""
