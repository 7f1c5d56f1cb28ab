"""What is said over the sockets of agent and daemon, and by whom it may be heard."""
