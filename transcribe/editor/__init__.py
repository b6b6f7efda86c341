"""From the editors' side: the timed transcript follows their draft (`sync`), and a page to correct it on (`server`)."""
