"""What a configuration rests on and should not: algorithms, lifetimes without fresh secrets, pre-shared keys.

Declared here once; the gateway tells it at each line when it loads a configuration, the preflight of what a pair agreed
on. It works all the same: nothing here refuses anything.
"""
