"""What all outside surfaces share: the port, the inbox, the postings and their delivery, people and places. No vendor's types."""
