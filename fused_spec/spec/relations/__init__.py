"""What specs say of each other: needs, outputs, who reads what, and in which order all can be carried out."""
