"""A page in the browser that shows a running controller and its body, live."""
