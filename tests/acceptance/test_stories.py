"""The stories that Plaza keeps, as they are told in the .feature files beside this one."""

from pytest_bdd import scenarios

scenarios(".")
