"""What is remembered: records, ports, the SQL implementation and the vault for secrets."""
