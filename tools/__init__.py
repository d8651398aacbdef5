"""What a step can do: step types, connectors and the ports through which anything leaves this machine."""
