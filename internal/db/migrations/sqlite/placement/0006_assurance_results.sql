-- Results of controls; in the operator's main placement.
CREATE TABLE assurance_result (
    run     BLOB    NOT NULL PRIMARY KEY,
    promise TEXT    NOT NULL,
    at      INTEGER NOT NULL,
    took    INTEGER NOT NULL,
    leaf    INTEGER NOT NULL,
    outcome TEXT    NOT NULL,
    body    BLOB    NOT NULL
) STRICT;
CREATE INDEX assurance_result_promise ON assurance_result (promise, at);
