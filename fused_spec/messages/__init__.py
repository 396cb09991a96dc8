"""What is told: problems with a place, small pieces of sentences, and secrets kept out of both."""
