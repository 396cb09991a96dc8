"""Problems in the forms that CI systems and code hosts read: annotations, SARIF, JUnit, Code Quality."""
