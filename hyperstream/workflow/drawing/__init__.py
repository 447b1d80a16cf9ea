"""Pictures of workflows: what is drawn, and how it is written for Graphviz, Mermaid and as text."""

from __future__ import annotations
