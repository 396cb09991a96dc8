"""The files behind `fd://`: a folder of this machine, or a storage that fsspec opens; and URLs signed for them."""
