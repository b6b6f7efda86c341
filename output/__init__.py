"""From a transcript to what people read: Markdown drafts, captions, documents, and back."""
