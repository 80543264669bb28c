"""Scenarios: a folder with devices, steps and expectations, played in the lab's world and judged."""
