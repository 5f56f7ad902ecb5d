"""The picture of a page's lineage: its values, the layout in layers, and what the template draws."""
