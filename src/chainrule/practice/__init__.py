"""Practice: exercises that never end, and grades that name the mistake."""

from chainrule.practice.exercises.exercise import Exercise
from chainrule.practice.exercises.topics import TOPICS, exercise
from chainrule.practice.grade import grade
from chainrule.practice.grading.grades import Grade
from chainrule.practice.grading.mistake import Mistake
from chainrule.practice.grading.mistakes import MISTAKES

__all__ = ["Exercise", "Grade", "MISTAKES", "Mistake", "TOPICS", "exercise", "grade"]
