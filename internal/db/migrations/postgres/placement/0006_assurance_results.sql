-- Results of controls; in the operator's main placement.
CREATE TABLE assurance_result (
    run     BYTEA    NOT NULL PRIMARY KEY,
    promise TEXT    NOT NULL,
    at      BIGINT NOT NULL,
    took    BIGINT NOT NULL,
    leaf    BIGINT NOT NULL,
    outcome TEXT    NOT NULL,
    body    BYTEA    NOT NULL
);
CREATE INDEX assurance_result_promise ON assurance_result (promise, at);
