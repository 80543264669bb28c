"""What the user sees of an explanation: text, a page, a ticket, a document."""
