"""From degrees to metres on a flat map: around a middle where all is near it, else the whole earth as a rectangle."""
