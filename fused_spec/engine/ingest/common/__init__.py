"""What every room uses: what the user is told, what is counted, how much memory work may take, and threads."""
