# Every target is one file in scripts/, which says in its head what it does and takes the same arguments.
.PHONY: help demo test check screens bench faults oracle simulate soak clean

help: ## Say what there is
	@grep -E '^[a-z]+: ## ' Makefile | sed 's/: ## /\t/'

demo: ## A working inbox on http://127.0.0.1:8080, everything included
	@scripts/demo

test: ## All tests, with real peers on this machine
	@scripts/test

check: ## Format, lint, types, import contracts, core tests, web checks: what a commit needs
	@scripts/check

screens: ## Pictures of every screen in build/screens, light and dark, wide and narrow, and what axe says of each
	@scripts/screens

bench: ## Figures, each as a ratio to a bare baseline of the same run; BENCH=scale: lists and searches at 1.5 million messages, BENCH=browser: the screen in Chromium
	@scripts/bench $(BENCH)

faults: ## 200 rounds of kill -9 and of a database killed, frozen and stepped down
	@scripts/faults

oracle: ## A million random questions about opening hours, asked a slow walker too
	@scripts/oracle

simulate: ## Twenty thousand random days of queues and routing, every invariant checked
	@scripts/simulate

soak: ## Hours of faults under load; SOAK=screen: of screens cut off, barred and loaded anew, an hour
	@scripts/soak $(SOAK)

clean: ## Remove what the other targets made, but no data
	@scripts/clean
