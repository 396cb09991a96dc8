"""Arrays as images and TIFFs, with what they say of their cells."""
