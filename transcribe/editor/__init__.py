"""The editor of drafts: its sessions (`session`), the state of its page (`page_state`) and its server (`server`)."""
