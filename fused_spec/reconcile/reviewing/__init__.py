"""What a person should know of a plan before it is carried out: why, whom it concerns, whether it still holds."""
