"""What a notebook shows: tables in which every text is escaped, and which bring no style or script of their own."""
