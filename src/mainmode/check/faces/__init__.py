"""What the user sees of a preflight: text, a page, a document, and the forms that CI systems read."""
