"""featurekit beside its peers: the same data, separate processes, and the floors."""
