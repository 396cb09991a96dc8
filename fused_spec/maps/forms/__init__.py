"""A scene as bytes: one module for each form. Foreign text reaches SVG and HTML only through templates that escape."""
