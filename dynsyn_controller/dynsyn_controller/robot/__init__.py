"""The robot file and what follows from it: observation, reward, safety."""
