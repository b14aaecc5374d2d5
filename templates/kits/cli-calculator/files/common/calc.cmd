@echo off
rem Runs the calculator that was built last: calc "1 + 2"
java -jar "%~dp0target\calc.jar" %*
