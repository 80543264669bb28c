"""A transcript of one or two sides, laid out as text, HTML, Markdown or JSON."""
