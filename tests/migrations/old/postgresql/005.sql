BEGIN;

CREATE TABLE IF NOT EXISTS alembic_version (
    version_num VARCHAR(32) NOT NULL, 
    CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);

-- Running upgrade  -> 001

CREATE TABLE neural_configs (
    id BIGSERIAL NOT NULL, 
    name VARCHAR(255) COLLATE "C" NOT NULL, 
    config JSONB NOT NULL, 
    created_at TIMESTAMP WITH TIME ZONE NOT NULL, 
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL, 
    CONSTRAINT pk_neural_configs PRIMARY KEY (id), 
    CONSTRAINT uq_neural_configs_name UNIQUE (name)
);

CREATE TABLE text_corpora (
    id BIGSERIAL NOT NULL, 
    title VARCHAR(255), 
    content TEXT NOT NULL, 
    source VARCHAR(512) COLLATE "C", 
    metadata JSONB, 
    word_count BIGINT NOT NULL, 
    char_count BIGINT NOT NULL, 
    created_at TIMESTAMP WITH TIME ZONE NOT NULL, 
    CONSTRAINT pk_text_corpora PRIMARY KEY (id)
);

CREATE TABLE training_jobs (
    id BIGSERIAL NOT NULL, 
    job_id VARCHAR(64) COLLATE "C" NOT NULL, 
    status VARCHAR(16) COLLATE "C" NOT NULL, 
    progress DOUBLE PRECISION NOT NULL, 
    message TEXT COLLATE "C", 
    error TEXT COLLATE "C", 
    neural_config_id BIGINT, 
    text_corpus_id BIGINT, 
    started_at TIMESTAMP WITH TIME ZONE, 
    completed_at TIMESTAMP WITH TIME ZONE, 
    created_at TIMESTAMP WITH TIME ZONE NOT NULL, 
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL, 
    CONSTRAINT pk_training_jobs PRIMARY KEY (id), 
    CONSTRAINT fk_training_jobs_neural_config_id FOREIGN KEY(neural_config_id) REFERENCES neural_configs (id) ON DELETE CASCADE, 
    CONSTRAINT fk_training_jobs_text_corpus_id FOREIGN KEY(text_corpus_id) REFERENCES text_corpora (id) ON DELETE SET NULL, 
    CONSTRAINT uq_training_jobs_job_id UNIQUE (job_id), 
    CONSTRAINT ck_training_jobs_status CHECK (status IN ('pending', 'running', 'completed', 'failed', 'cancelled')), 
    CONSTRAINT ck_training_jobs_progress CHECK (progress >= 0 AND progress <= 100)
);

CREATE INDEX ix_training_jobs_neural_config_id ON training_jobs (neural_config_id);

CREATE INDEX ix_training_jobs_text_corpus_id ON training_jobs (text_corpus_id);

CREATE TABLE markov_ngrams (
    n SMALLINT NOT NULL, 
    context VARCHAR(31) COLLATE "C" NOT NULL, 
    next_char VARCHAR(1) COLLATE "C" NOT NULL, 
    count BIGINT NOT NULL, 
    probability DOUBLE PRECISION, 
    CONSTRAINT pk_markov_ngrams PRIMARY KEY (n, context, next_char), 
    CONSTRAINT ck_markov_ngrams_count CHECK (count >= 1)
)
 WITH (fillfactor = 50);

CREATE TABLE neural_checkpoints (
    id BIGSERIAL NOT NULL, 
    epochs INTEGER NOT NULL, 
    block_size INTEGER NOT NULL, 
    path VARCHAR(1024) COLLATE "C" NOT NULL, 
    notes TEXT COLLATE "C", 
    loss DOUBLE PRECISION, 
    accuracy DOUBLE PRECISION, 
    is_best BOOLEAN, 
    training_job_id BIGINT, 
    created_at TIMESTAMP WITH TIME ZONE NOT NULL, 
    CONSTRAINT pk_neural_checkpoints PRIMARY KEY (id), 
    CONSTRAINT fk_neural_checkpoints_training_job_id FOREIGN KEY(training_job_id) REFERENCES training_jobs (id) ON DELETE CASCADE, 
    CONSTRAINT uq_neural_checkpoints_is_best_training_job_id UNIQUE (is_best, training_job_id), 
    CONSTRAINT ck_neural_checkpoints_epochs CHECK (epochs >= 0), 
    CONSTRAINT ck_neural_checkpoints_block_size CHECK (block_size >= 0)
);

CREATE INDEX ix_neural_checkpoints_training_job_id ON neural_checkpoints (training_job_id);

CREATE TABLE generation_history (
    id BIGSERIAL NOT NULL, 
    prompt TEXT COLLATE "C" NOT NULL, 
    response TEXT COLLATE "C" NOT NULL, 
    model VARCHAR(255) COLLATE "C", 
    parameters JSONB, 
    quality_score DOUBLE PRECISION, 
    user_rating SMALLINT, 
    created_at TIMESTAMP WITH TIME ZONE NOT NULL, 
    CONSTRAINT pk_generation_history PRIMARY KEY (id), 
    CONSTRAINT ck_generation_history_user_rating CHECK (user_rating >= 1 AND user_rating <= 5)
);

CREATE TABLE accuracy_metrics (
    id BIGSERIAL NOT NULL, 
    metric_type VARCHAR(100) COLLATE "C" NOT NULL, 
    value DOUBLE PRECISION NOT NULL, 
    step BIGINT, 
    metadata JSONB, 
    model_checkpoint_id BIGINT, 
    training_job_id BIGINT, 
    created_at TIMESTAMP WITH TIME ZONE NOT NULL, 
    CONSTRAINT pk_accuracy_metrics PRIMARY KEY (id), 
    CONSTRAINT fk_accuracy_metrics_model_checkpoint_id FOREIGN KEY(model_checkpoint_id) REFERENCES neural_checkpoints (id) ON DELETE CASCADE, 
    CONSTRAINT fk_accuracy_metrics_training_job_id FOREIGN KEY(training_job_id) REFERENCES training_jobs (id) ON DELETE CASCADE
);

CREATE INDEX ix_accuracy_metrics_model_checkpoint_id ON accuracy_metrics (model_checkpoint_id);

CREATE INDEX ix_accuracy_metrics_training_job_id ON accuracy_metrics (training_job_id);

CREATE TABLE database_versions (
    id BIGSERIAL NOT NULL, 
    version VARCHAR(100) COLLATE "C" NOT NULL, 
    description TEXT COLLATE "C", 
    applied_at TIMESTAMP WITH TIME ZONE NOT NULL, 
    CONSTRAINT pk_database_versions PRIMARY KEY (id)
);

INSERT INTO alembic_version (version_num) VALUES ('001') RETURNING alembic_version.version_num;

INSERT INTO database_versions (version, description, applied_at) VALUES ('001', 'upgrade 001: initial schema', clock_timestamp());

COMMIT;

BEGIN;

-- Running upgrade 001 -> 002

CREATE INDEX ix_training_jobs_status_id ON training_jobs (status, id);

CREATE INDEX ix_text_corpora_source ON text_corpora (source);

CREATE INDEX ix_neural_checkpoints_loss ON neural_checkpoints (loss);

CREATE INDEX ix_accuracy_metrics_metric_type_id ON accuracy_metrics (metric_type, id);

CREATE INDEX ix_generation_history_model_id ON generation_history (model, id);

UPDATE alembic_version SET version_num='002' WHERE alembic_version.version_num = '001';

INSERT INTO database_versions (version, description, applied_at) VALUES ('002', 'upgrade 002: performance indexes', clock_timestamp());

COMMIT;

BEGIN;

-- Running upgrade 002 -> 003

CREATE OR REPLACE FUNCTION bedplate_search_vector(VARIADIC parts text[])
RETURNS tsvector LANGUAGE plpgsql IMMUTABLE AS $function$
DECLARE
    part text;
    vector tsvector := '';
BEGIN
    FOREACH part IN ARRAY parts LOOP
        IF octet_length(part) > 8000000 THEN
            RETURN NULL;
        END IF;
        IF part ~ '[µſςϐϑϕϖϱϰϵẛͅİ²³¹¼½¾⁰⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉⅓⅔①②③④⑤⑥⑦⑧⑨⑩­؜﻿︎️⃣​‌‍‎‏‪‫‬‭‮⁠⁡⁢⁣⁤⁥⁦⁧⁨⁩⁪⁫⁬⁭⁮⁯]' THEN
            part := translate(part, 'µſςϐϑϕϖϱϰϵẛͅİ²³¹¼½¾⁰⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉⅓⅔①②③④⑤⑥⑦⑧⑨⑩­؜﻿︎️⃣​‌‍‎‏‪‫‬‭‮⁠⁡⁢⁣⁤⁥⁦⁧⁨⁩⁪⁫⁬⁭⁮⁯', 'μsσβθφπρκεṡιǂꀀꀁꀂꀃꀄꀅꀆꀇꀈꀉꀊꀋꀌꀍꀎꀏꀐꀑꀒꀓꀔꀕꀖꀗꀘꀙꀚꀛꀜꀝꀞꀟꀠꀡꀢ                                ');
        END IF;
        part := regexp_replace(
            replace(part, '_', 'ǀ'), '[!-/:-@[-^`{-~]+', ' ', 'g');
        IF part ~ '[0-9][eE]' THEN
            part := regexp_replace(part, '\m([0-9]+)[eE]', '\1ǁ', 'g');
        END IF;
        vector := vector || $$' ':1$$::tsvector
            || coalesce(to_tsvector('pg_catalog.simple', part), '');
    END LOOP;
    RETURN ts_delete(vector, ' ');
EXCEPTION WHEN program_limit_exceeded THEN
    RETURN NULL;
END $function$;

ALTER TABLE text_corpora ADD COLUMN IF NOT EXISTS search_vector tsvector;

CREATE OR REPLACE FUNCTION text_corpora_search_vector() RETURNS trigger LANGUAGE plpgsql AS $function$ BEGIN NEW.search_vector := bedplate_search_vector(NEW.title, NEW.content); RETURN NEW; END $function$;

CREATE OR REPLACE TRIGGER text_corpora_search_vector BEFORE INSERT OR UPDATE OF title, content ON text_corpora FOR EACH ROW EXECUTE FUNCTION text_corpora_search_vector();

UPDATE text_corpora SET search_vector=bedplate_search_vector(title, content) WHERE text_corpora.search_vector IS NULL;

CREATE INDEX ix_text_corpora_search_vector ON text_corpora USING gin (search_vector);

CREATE INDEX ix_text_corpora_search_vector_missing ON text_corpora (id) WHERE search_vector IS NULL;

UPDATE alembic_version SET version_num='003' WHERE alembic_version.version_num = '002';

INSERT INTO database_versions (version, description, applied_at) VALUES ('003', 'upgrade 003: full-text search', clock_timestamp());

COMMIT;

BEGIN;

-- Running upgrade 003 -> 004

CREATE TABLE users (
    id UUID NOT NULL, 
    username VARCHAR(255) COLLATE "C", 
    email VARCHAR(320) COLLATE "C", 
    metadata JSONB, 
    created_at TIMESTAMP WITH TIME ZONE NOT NULL, 
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL, 
    CONSTRAINT pk_users PRIMARY KEY (id), 
    CONSTRAINT uq_users_email UNIQUE (email)
);

UPDATE alembic_version SET version_num='004' WHERE alembic_version.version_num = '003';

INSERT INTO database_versions (version, description, applied_at) VALUES ('004', 'upgrade 004: users', clock_timestamp());

COMMIT;

BEGIN;

-- Running upgrade 004 -> 005

CREATE TABLE articles (
    id VARCHAR(255) COLLATE "C" NOT NULL, 
    url VARCHAR(2048) COLLATE "C", 
    title VARCHAR(512), 
    content TEXT NOT NULL, 
    created_at TIMESTAMP WITH TIME ZONE NOT NULL, 
    CONSTRAINT pk_articles PRIMARY KEY (id)
);

ALTER TABLE articles ADD COLUMN IF NOT EXISTS search_vector tsvector;

CREATE OR REPLACE FUNCTION articles_search_vector() RETURNS trigger LANGUAGE plpgsql AS $function$ BEGIN NEW.search_vector := bedplate_search_vector(NEW.title, NEW.content); RETURN NEW; END $function$;

CREATE OR REPLACE TRIGGER articles_search_vector BEFORE INSERT OR UPDATE OF title, content ON articles FOR EACH ROW EXECUTE FUNCTION articles_search_vector();

UPDATE articles SET search_vector=bedplate_search_vector(title, content) WHERE articles.search_vector IS NULL;

CREATE INDEX ix_articles_search_vector ON articles USING gin (search_vector);

CREATE INDEX ix_articles_search_vector_missing ON articles (id) WHERE search_vector IS NULL;

CREATE TABLE alerts (
    id BIGSERIAL NOT NULL, 
    title VARCHAR(512) COLLATE "C" NOT NULL, 
    message TEXT COLLATE "C" NOT NULL, 
    source_url VARCHAR(2048) COLLATE "C", 
    created_at TIMESTAMP WITH TIME ZONE NOT NULL, 
    CONSTRAINT pk_alerts PRIMARY KEY (id)
);

CREATE TABLE workflow_states (
    id BIGSERIAL NOT NULL, 
    workflow_name VARCHAR(255) COLLATE "C" NOT NULL, 
    status VARCHAR(16) COLLATE "C" NOT NULL, 
    current_step VARCHAR(255) COLLATE "C", 
    data JSONB, 
    error_message TEXT COLLATE "C", 
    completed_at TIMESTAMP WITH TIME ZONE, 
    created_at TIMESTAMP WITH TIME ZONE NOT NULL, 
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL, 
    CONSTRAINT pk_workflow_states PRIMARY KEY (id), 
    CONSTRAINT ck_workflow_states_status CHECK (status IN ('pending', 'running', 'completed', 'failed'))
);

CREATE INDEX ix_workflow_states_status_id ON workflow_states (status, id);

CREATE INDEX ix_workflow_states_workflow_name_id ON workflow_states (workflow_name, id);

CREATE TABLE workflow_history (
    id BIGSERIAL NOT NULL, 
    workflow_id BIGINT NOT NULL, 
    status VARCHAR(16) COLLATE "C" NOT NULL, 
    step VARCHAR(255) COLLATE "C", 
    message TEXT COLLATE "C", 
    created_at TIMESTAMP WITH TIME ZONE NOT NULL, 
    CONSTRAINT pk_workflow_history PRIMARY KEY (id), 
    CONSTRAINT fk_workflow_history_workflow_id FOREIGN KEY(workflow_id) REFERENCES workflow_states (id) ON DELETE CASCADE
);

CREATE INDEX ix_workflow_history_workflow_id ON workflow_history (workflow_id);

CREATE TABLE agent_versions (
    id BIGSERIAL NOT NULL, 
    agent_name VARCHAR(255) COLLATE "C" NOT NULL, 
    version VARCHAR(100) COLLATE "C" NOT NULL, 
    code TEXT COLLATE "C" NOT NULL, 
    description TEXT COLLATE "C", 
    created_by VARCHAR(255) COLLATE "C", 
    is_active BOOLEAN, 
    created_at TIMESTAMP WITH TIME ZONE NOT NULL, 
    CONSTRAINT pk_agent_versions PRIMARY KEY (id), 
    CONSTRAINT uq_agent_versions_agent_name_version UNIQUE (agent_name, version), 
    CONSTRAINT uq_agent_versions_agent_name_is_active UNIQUE (agent_name, is_active)
);

UPDATE alembic_version SET version_num='005' WHERE alembic_version.version_num = '004';

INSERT INTO database_versions (version, description, applied_at) VALUES ('005', 'upgrade 005: workflows', clock_timestamp());

COMMIT;

INSERT INTO users (id, username, email, metadata, created_at, updated_at) VALUES ('00000000-0000-0000-0000-000000000001', 'Ä 🙂', 'a@example.org', '{"ä": [1, -1.5, null, true, "🦜", {"tief": [[]]}], "n": 4611686018427387904, "leer": ""}', '2024-02-29 23:59:59.123457+00:00', '2024-02-29 23:59:59.123457+00:00');
INSERT INTO users (id, username, email, metadata, created_at, updated_at) VALUES ('018f0000-0000-7000-8000-0000000000ff', NULL, NULL, NULL, '2024-02-29 23:59:59.123457+00:00', '2024-02-29 23:59:59.123457+00:00');
INSERT INTO neural_configs (id, name, config, created_at, updated_at) VALUES (1, 'a', '{"ä": [1, -1.5, null, true, "🦜", {"tief": [[]]}], "n": 4611686018427387904, "leer": ""}', '2024-02-29 23:59:59.123457+00:00', '2024-02-29 23:59:59.123457+00:00');
INSERT INTO neural_configs (id, name, config, created_at, updated_at) VALUES (2, 'A', '{}', '2024-02-29 23:59:59.123457+00:00', '2024-02-29 23:59:59.123457+00:00');
INSERT INTO neural_configs (id, name, config, created_at, updated_at) VALUES (5, 'á ', '[]', '2024-02-29 23:59:59.123457+00:00', '2024-02-29 23:59:59.123457+00:00');
SELECT setval(pg_get_serial_sequence('neural_configs', 'id'), (SELECT max(id) FROM neural_configs));
INSERT INTO text_corpora (id, title, content, source, metadata, word_count, char_count, created_at) VALUES (1, 'Titel 🙂', 'Ein Text 🙂 über Wörter	und é zwei
Zeilen; DROP TABLE x; --', 'a/b.txt', '{"ä": [1, -1.5, null, true, "🦜", {"tief": [[]]}], "n": 4611686018427387904, "leer": ""}', 1099511627776, 7, '2024-02-29 23:59:59.123457+00:00');
INSERT INTO text_corpora (id, title, content, source, metadata, word_count, char_count, created_at) VALUES (9, NULL, 'Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. ', NULL, NULL, 0, 480, '2024-02-29 23:59:59.123458+00:00');
SELECT setval(pg_get_serial_sequence('text_corpora', 'id'), (SELECT max(id) FROM text_corpora));
INSERT INTO training_jobs (id, job_id, status, progress, message, error, neural_config_id, text_corpus_id, started_at, completed_at, created_at, updated_at) VALUES (3, 'job-🙂', 'running', 0.30000000000000004, 'Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. ', '', 2, 9, '2024-02-29 23:59:59.123457+00:00', NULL, '2024-02-29 23:59:59.123457+00:00', '2024-02-29 23:59:59.123457+00:00');
INSERT INTO training_jobs (id, job_id, status, progress, message, error, neural_config_id, text_corpus_id, started_at, completed_at, created_at, updated_at) VALUES (4, 'JOB-🙂', 'pending', 100.0, NULL, NULL, NULL, NULL, NULL, NULL, '2024-02-29 23:59:59.123457+00:00', '2024-02-29 23:59:59.123457+00:00');
SELECT setval(pg_get_serial_sequence('training_jobs', 'id'), (SELECT max(id) FROM training_jobs));
INSERT INTO markov_ngrams (n, context, next_char, count, probability) VALUES (1, '', ' ', 1, NULL);
INSERT INTO markov_ngrams (n, context, next_char, count, probability) VALUES (3, 'aé', '🙂', 1125899906842624, 1.0);
INSERT INTO markov_ngrams (n, context, next_char, count, probability) VALUES (3, 'aE', '
', 5, 0.3333333333333333);
INSERT INTO neural_checkpoints (id, epochs, block_size, path, notes, loss, accuracy, is_best, training_job_id, created_at) VALUES (1, 1, 0, 'pfad/ä1', 'Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. ', 'NaN', 0.25, NULL, 3, '2024-02-29 23:59:59.123457+00:00');
INSERT INTO neural_checkpoints (id, epochs, block_size, path, notes, loss, accuracy, is_best, training_job_id, created_at) VALUES (2, 2, 0, 'pfad/ä2', NULL, 'Infinity', 0.25, true, 3, '2024-02-29 23:59:59.123457+00:00');
INSERT INTO neural_checkpoints (id, epochs, block_size, path, notes, loss, accuracy, is_best, training_job_id, created_at) VALUES (3, 3, 0, 'pfad/ä3', NULL, '-Infinity', 0.25, NULL, 3, '2024-02-29 23:59:59.123457+00:00');
INSERT INTO neural_checkpoints (id, epochs, block_size, path, notes, loss, accuracy, is_best, training_job_id, created_at) VALUES (4, 4, 0, 'pfad/ä4', NULL, 5e-324, 0.25, NULL, 3, '2024-02-29 23:59:59.123457+00:00');
INSERT INTO neural_checkpoints (id, epochs, block_size, path, notes, loss, accuracy, is_best, training_job_id, created_at) VALUES (5, 5, 0, 'pfad/ä5', NULL, NULL, 0.25, NULL, 3, '2024-02-29 23:59:59.123457+00:00');
SELECT setval(pg_get_serial_sequence('neural_checkpoints', 'id'), (SELECT max(id) FROM neural_checkpoints));
INSERT INTO generation_history (id, prompt, response, model, parameters, quality_score, user_rating, created_at) VALUES (1, 'def ', 'Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. ', 'M', '{"ä": [1, -1.5, null, true, "🦜", {"tief": [[]]}], "n": 4611686018427387904, "leer": ""}', 'NaN', 5, '2024-02-29 23:59:59.123457+00:00');
INSERT INTO generation_history (id, prompt, response, model, parameters, quality_score, user_rating, created_at) VALUES (2, '', '', NULL, NULL, NULL, NULL, '2024-02-29 23:59:59.123457+00:00');
SELECT setval(pg_get_serial_sequence('generation_history', 'id'), (SELECT max(id) FROM generation_history));
INSERT INTO accuracy_metrics (id, metric_type, value, step, metadata, model_checkpoint_id, training_job_id, created_at) VALUES (8, 'loss', 'NaN', 9007199254740992, '{"ä": [1, -1.5, null, true, "🦜", {"tief": [[]]}], "n": 4611686018427387904, "leer": ""}', 2, 3, '2024-02-29 23:59:59.123457+00:00');
INSERT INTO accuracy_metrics (id, metric_type, value, step, metadata, model_checkpoint_id, training_job_id, created_at) VALUES (9, 'Loss', -0.0, NULL, NULL, NULL, NULL, '2024-02-29 23:59:59.123457+00:00');
SELECT setval(pg_get_serial_sequence('accuracy_metrics', 'id'), (SELECT max(id) FROM accuracy_metrics));
INSERT INTO articles (id, url, title, content, created_at) VALUES ('a', 'https://example.org/ä?q=%s', 'Titel 🙂', 'Ein Text 🙂 über Wörter	und é zwei
Zeilen; DROP TABLE x; --', '2024-02-29 23:59:59.123457+00:00');
INSERT INTO articles (id, url, title, content, created_at) VALUES ('A', NULL, NULL, 'Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. ', '2024-02-29 23:59:59.123457+00:00');
INSERT INTO articles (id, url, title, content, created_at) VALUES ('á ', '', '', '', '2024-02-29 23:59:59.123457+00:00');
INSERT INTO alerts (id, title, message, source_url, created_at) VALUES (2, 'Ä 🙂', 'Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. ', 'https://example.org/', '2024-02-29 23:59:59.123457+00:00');
INSERT INTO alerts (id, title, message, source_url, created_at) VALUES (7, '', '', NULL, '2024-02-29 23:59:59.123458+00:00');
SELECT setval(pg_get_serial_sequence('alerts', 'id'), (SELECT max(id) FROM alerts));
INSERT INTO workflow_states (id, workflow_name, status, current_step, data, error_message, completed_at, created_at, updated_at) VALUES (1, 'tägliche Runde', 'running', 'Schritt 🙂', '{"ä": [1, -1.5, null, true, "🦜", {"tief": [[]]}], "n": 4611686018427387904, "leer": ""}', 'Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. ', NULL, '2024-02-29 23:59:59.123457+00:00', '2024-02-29 23:59:59.123457+00:00');
INSERT INTO workflow_states (id, workflow_name, status, current_step, data, error_message, completed_at, created_at, updated_at) VALUES (2, 'tägliche Runde', 'completed', NULL, '[]', NULL, '2024-02-29 23:59:59.123457+00:00', '2024-02-29 23:59:59.123457+00:00', '2024-02-29 23:59:59.123457+00:00');
INSERT INTO workflow_states (id, workflow_name, status, current_step, data, error_message, completed_at, created_at, updated_at) VALUES (5, 'tägliche Runde', 'pending', '', NULL, '', NULL, '2024-02-29 23:59:59.123457+00:00', '2024-02-29 23:59:59.123457+00:00');
SELECT setval(pg_get_serial_sequence('workflow_states', 'id'), (SELECT max(id) FROM workflow_states));
INSERT INTO workflow_history (id, workflow_id, status, step, message, created_at) VALUES (3, 1, 'pending', NULL, NULL, '2024-02-29 23:59:59.123457+00:00');
INSERT INTO workflow_history (id, workflow_id, status, step, message, created_at) VALUES (4, 1, 'running', 'Schritt 🙂', 'Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. ', '2024-02-29 23:59:59.123457+00:00');
INSERT INTO workflow_history (id, workflow_id, status, step, message, created_at) VALUES (9, 2, 'completed', '', '', '2024-02-29 23:59:59.123457+00:00');
SELECT setval(pg_get_serial_sequence('workflow_history', 'id'), (SELECT max(id) FROM workflow_history));
INSERT INTO agent_versions (id, agent_name, version, code, description, created_by, is_active, created_at) VALUES (1, 'scout', '1', 'Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. ', 'Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. ', 'Ä', NULL, '2024-02-29 23:59:59.123457+00:00');
INSERT INTO agent_versions (id, agent_name, version, code, description, created_by, is_active, created_at) VALUES (2, 'scout', '1 ', '', NULL, NULL, true, '2024-02-29 23:59:59.123457+00:00');
INSERT INTO agent_versions (id, agent_name, version, code, description, created_by, is_active, created_at) VALUES (3, 'scout', 'A', 'Ein Text 🙂 über Wörter	und é zwei
Zeilen; DROP TABLE x; --', 'Ein Text 🙂 über Wörter	und é zwei
Zeilen; DROP TABLE x; --', 'Ä', NULL, '2024-02-29 23:59:59.123457+00:00');
INSERT INTO agent_versions (id, agent_name, version, code, description, created_by, is_active, created_at) VALUES (8, 'Scout', '1', 'print(''🙂'')', NULL, NULL, true, '2024-02-29 23:59:59.123457+00:00');
SELECT setval(pg_get_serial_sequence('agent_versions', 'id'), (SELECT max(id) FROM agent_versions));
