"""Small parts that pages are made of. Each draws in the tokens of the theme and speaks by signals."""
