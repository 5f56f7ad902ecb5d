"""Replays: what a job returns with the recorded parameters and inputs, compared with what its run published."""
