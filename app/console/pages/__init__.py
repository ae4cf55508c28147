"""One module per group of pages; each route reads through a service and hands plain values to a template."""
