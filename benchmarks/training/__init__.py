"""Training of the networks that are shipped, and what its recipe rests on."""
