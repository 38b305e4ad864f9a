"""English and Chinese model pack of Auto-GPT. Data only: find it with `autogpt.models.packs.find_pack("multi")`."""
