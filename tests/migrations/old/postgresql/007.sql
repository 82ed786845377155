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

BEGIN;

-- Running upgrade 005 -> 006

CREATE TABLE personas (
    id UUID NOT NULL, 
    name VARCHAR(255) COLLATE "C" NOT NULL, 
    description TEXT COLLATE "C", 
    system_prompt TEXT COLLATE "C", 
    metadata JSONB, 
    created_at TIMESTAMP WITH TIME ZONE NOT NULL, 
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL, 
    CONSTRAINT pk_personas PRIMARY KEY (id), 
    CONSTRAINT uq_personas_name UNIQUE (name)
);

CREATE TABLE modules (
    id UUID NOT NULL, 
    name VARCHAR(255) COLLATE "C", 
    type VARCHAR(64) COLLATE "C" NOT NULL, 
    description TEXT COLLATE "C", 
    trigger_pattern TEXT COLLATE "C", 
    script TEXT COLLATE "C", 
    content TEXT COLLATE "C", 
    execution_context VARCHAR(16) COLLATE "C" NOT NULL, 
    requires_ai_inference BOOLEAN, 
    stage_priority INTEGER NOT NULL, 
    created_at TIMESTAMP WITH TIME ZONE NOT NULL, 
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL, 
    CONSTRAINT pk_modules PRIMARY KEY (id), 
    CONSTRAINT ck_modules_execution_context CHECK (execution_context IN ('IMMEDIATE', 'POST_RESPONSE', 'ON_DEMAND')), 
    CONSTRAINT uq_modules_name UNIQUE (name)
);

CREATE INDEX ix_modules_execution_context_stage_priority_id ON modules (execution_context, stage_priority, id);

CREATE TABLE conversations (
    id UUID NOT NULL, 
    user_id UUID, 
    persona_id UUID, 
    title VARCHAR(512) COLLATE "C", 
    provider_type VARCHAR(64) COLLATE "C", 
    provider_config JSONB, 
    created_at TIMESTAMP WITH TIME ZONE NOT NULL, 
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL, 
    CONSTRAINT pk_conversations PRIMARY KEY (id), 
    CONSTRAINT fk_conversations_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE, 
    CONSTRAINT fk_conversations_persona_id FOREIGN KEY(persona_id) REFERENCES personas (id) ON DELETE SET NULL
);

CREATE INDEX ix_conversations_user_id ON conversations (user_id);

CREATE INDEX ix_conversations_persona_id ON conversations (persona_id);

CREATE TABLE messages (
    id UUID NOT NULL, 
    conversation_id UUID NOT NULL, 
    sequence BIGINT NOT NULL, 
    role VARCHAR(32) COLLATE "C" NOT NULL, 
    content TEXT NOT NULL, 
    thinking TEXT COLLATE "C", 
    extra_data JSONB, 
    input_tokens BIGINT, 
    output_tokens BIGINT, 
    created_at TIMESTAMP WITH TIME ZONE NOT NULL, 
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL, 
    CONSTRAINT pk_messages PRIMARY KEY (id), 
    CONSTRAINT ck_messages_sequence CHECK (sequence >= 1), 
    CONSTRAINT ck_messages_input_tokens CHECK (input_tokens >= 0), 
    CONSTRAINT ck_messages_output_tokens CHECK (output_tokens >= 0), 
    CONSTRAINT fk_messages_conversation_id FOREIGN KEY(conversation_id) REFERENCES conversations (id) ON DELETE CASCADE, 
    CONSTRAINT uq_messages_conversation_id_sequence UNIQUE (conversation_id, sequence)
);

ALTER TABLE messages ADD COLUMN IF NOT EXISTS search_vector tsvector;

CREATE OR REPLACE FUNCTION messages_search_vector() RETURNS trigger LANGUAGE plpgsql AS $function$ BEGIN NEW.search_vector := bedplate_search_vector(NEW.content); RETURN NEW; END $function$;

CREATE OR REPLACE TRIGGER messages_search_vector BEFORE INSERT OR UPDATE OF content ON messages FOR EACH ROW EXECUTE FUNCTION messages_search_vector();

UPDATE messages SET search_vector=bedplate_search_vector(content) WHERE messages.search_vector IS NULL;

CREATE INDEX ix_messages_search_vector ON messages USING gin (search_vector);

CREATE INDEX ix_messages_search_vector_missing ON messages (id) WHERE search_vector IS NULL;

CREATE TABLE conversation_states (
    id UUID NOT NULL, 
    conversation_id UUID NOT NULL, 
    persona_id UUID, 
    module_id UUID, 
    owner VARCHAR(65) COLLATE "C" NOT NULL, 
    state_key VARCHAR(255) COLLATE "C" NOT NULL, 
    value JSONB, 
    created_at TIMESTAMP WITH TIME ZONE NOT NULL, 
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL, 
    CONSTRAINT pk_conversation_states PRIMARY KEY (id), 
    CONSTRAINT fk_conversation_states_conversation_id FOREIGN KEY(conversation_id) REFERENCES conversations (id) ON DELETE CASCADE, 
    CONSTRAINT fk_conversation_states_persona_id FOREIGN KEY(persona_id) REFERENCES personas (id) ON DELETE CASCADE, 
    CONSTRAINT fk_conversation_states_module_id FOREIGN KEY(module_id) REFERENCES modules (id) ON DELETE CASCADE, 
    CONSTRAINT uq_conversation_states_conversation_id_owner_state_key UNIQUE (conversation_id, owner, state_key)
);

CREATE INDEX ix_conversation_states_persona_id ON conversation_states (persona_id);

CREATE INDEX ix_conversation_states_module_id ON conversation_states (module_id);

CREATE TABLE conversation_memory (
    id UUID NOT NULL, 
    conversation_id UUID NOT NULL, 
    persona_id UUID, 
    first_message_id UUID, 
    content TEXT COLLATE "C" NOT NULL, 
    memory_type VARCHAR(64) COLLATE "C" NOT NULL, 
    importance DOUBLE PRECISION NOT NULL, 
    decay DOUBLE PRECISION NOT NULL, 
    embedding BYTEA NOT NULL, 
    metadata JSONB, 
    last_accessed TIMESTAMP WITH TIME ZONE, 
    access_count BIGINT NOT NULL, 
    created_at TIMESTAMP WITH TIME ZONE NOT NULL, 
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL, 
    CONSTRAINT pk_conversation_memory PRIMARY KEY (id), 
    CONSTRAINT ck_conversation_memory_importance CHECK (importance >= 0 AND importance <= 1), 
    CONSTRAINT ck_conversation_memory_decay CHECK (decay >= 0 AND decay <= 1), 
    CONSTRAINT ck_conversation_memory_access_count CHECK (access_count >= 0), 
    CONSTRAINT fk_conversation_memory_conversation_id FOREIGN KEY(conversation_id) REFERENCES conversations (id) ON DELETE CASCADE, 
    CONSTRAINT fk_conversation_memory_persona_id FOREIGN KEY(persona_id) REFERENCES personas (id) ON DELETE SET NULL, 
    CONSTRAINT fk_conversation_memory_first_message_id FOREIGN KEY(first_message_id) REFERENCES messages (id) ON DELETE SET NULL
);

CREATE INDEX ix_conversation_memory_conversation_id ON conversation_memory (conversation_id);

CREATE INDEX ix_conversation_memory_persona_id ON conversation_memory (persona_id);

CREATE INDEX ix_conversation_memory_first_message_id ON conversation_memory (first_message_id);

CREATE TABLE memory_collections (
    name VARCHAR(64) COLLATE "C" NOT NULL, 
    dimension INTEGER NOT NULL, 
    created_at TIMESTAMP WITH TIME ZONE NOT NULL, 
    CONSTRAINT pk_memory_collections PRIMARY KEY (name), 
    CONSTRAINT ck_memory_collections_dimension CHECK (dimension >= 1)
);

UPDATE alembic_version SET version_num='006' WHERE alembic_version.version_num = '005';

INSERT INTO database_versions (version, description, applied_at) VALUES ('006', 'upgrade 006: conversations', clock_timestamp());

COMMIT;

BEGIN;

-- Running upgrade 006 -> 007

CREATE TABLE sessions (
    id UUID NOT NULL, 
    user_id UUID, 
    title VARCHAR(500) COLLATE "C", 
    status VARCHAR(16) COLLATE "C" NOT NULL, 
    metadata JSONB, 
    created_at TIMESTAMP WITH TIME ZONE NOT NULL, 
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL, 
    CONSTRAINT pk_sessions PRIMARY KEY (id), 
    CONSTRAINT ck_sessions_status CHECK (status IN ('active', 'completed', 'archived')), 
    CONSTRAINT fk_sessions_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE INDEX ix_sessions_user_id_id ON sessions (user_id, id);

CREATE TABLE authors (
    id UUID NOT NULL, 
    user_id UUID, 
    session_id UUID, 
    author_name VARCHAR(255) COLLATE "C" NOT NULL, 
    pen_name VARCHAR(255) COLLATE "C", 
    biography TEXT COLLATE "C", 
    writing_style TEXT COLLATE "C", 
    created_at TIMESTAMP WITH TIME ZONE NOT NULL, 
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL, 
    CONSTRAINT pk_authors PRIMARY KEY (id), 
    CONSTRAINT fk_authors_session_id FOREIGN KEY(session_id) REFERENCES sessions (id) ON DELETE SET NULL, 
    CONSTRAINT fk_authors_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE INDEX ix_authors_user_id_id ON authors (user_id, id);

CREATE INDEX ix_authors_session_id ON authors (session_id);

CREATE TABLE plots (
    id UUID NOT NULL, 
    user_id UUID, 
    session_id UUID, 
    author_id UUID, 
    title VARCHAR(500) COLLATE "C" NOT NULL, 
    plot_summary TEXT COLLATE "C", 
    genre VARCHAR(255) COLLATE "C", 
    subgenre VARCHAR(255) COLLATE "C", 
    microgenre VARCHAR(255) COLLATE "C", 
    trope VARCHAR(255) COLLATE "C", 
    tone VARCHAR(255) COLLATE "C", 
    target_audience JSONB, 
    created_at TIMESTAMP WITH TIME ZONE NOT NULL, 
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL, 
    CONSTRAINT pk_plots PRIMARY KEY (id), 
    CONSTRAINT fk_plots_session_id FOREIGN KEY(session_id) REFERENCES sessions (id) ON DELETE SET NULL, 
    CONSTRAINT fk_plots_author_id FOREIGN KEY(author_id) REFERENCES authors (id) ON DELETE SET NULL, 
    CONSTRAINT fk_plots_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE INDEX ix_plots_user_id_id ON plots (user_id, id);

CREATE INDEX ix_plots_session_id ON plots (session_id);

CREATE INDEX ix_plots_author_id ON plots (author_id);

CREATE TABLE world_building (
    id UUID NOT NULL, 
    user_id UUID, 
    plot_id UUID, 
    world_name VARCHAR(255) COLLATE "C" NOT NULL, 
    world_type VARCHAR(255) COLLATE "C", 
    overview TEXT COLLATE "C", 
    geography JSONB, 
    political_landscape JSONB, 
    cultural_systems JSONB, 
    economic_framework JSONB, 
    historical_timeline JSONB, 
    power_systems JSONB, 
    languages_and_communication JSONB, 
    religious_and_belief_systems JSONB, 
    unique_elements JSONB, 
    created_at TIMESTAMP WITH TIME ZONE NOT NULL, 
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL, 
    CONSTRAINT pk_world_building PRIMARY KEY (id), 
    CONSTRAINT fk_world_building_plot_id FOREIGN KEY(plot_id) REFERENCES plots (id) ON DELETE CASCADE, 
    CONSTRAINT fk_world_building_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE INDEX ix_world_building_user_id_id ON world_building (user_id, id);

CREATE INDEX ix_world_building_plot_id ON world_building (plot_id);

CREATE TABLE characters (
    id UUID NOT NULL, 
    user_id UUID, 
    plot_id UUID, 
    name VARCHAR(255) COLLATE "C" NOT NULL, 
    role VARCHAR(255) COLLATE "C", 
    description TEXT COLLATE "C", 
    backstory TEXT COLLATE "C", 
    traits JSONB, 
    relationships JSONB, 
    created_at TIMESTAMP WITH TIME ZONE NOT NULL, 
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL, 
    CONSTRAINT pk_characters PRIMARY KEY (id), 
    CONSTRAINT fk_characters_plot_id FOREIGN KEY(plot_id) REFERENCES plots (id) ON DELETE CASCADE, 
    CONSTRAINT fk_characters_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE INDEX ix_characters_user_id_id ON characters (user_id, id);

CREATE INDEX ix_characters_plot_id ON characters (plot_id);

UPDATE alembic_version SET version_num='007' WHERE alembic_version.version_num = '006';

INSERT INTO database_versions (version, description, applied_at) VALUES ('007', 'upgrade 007: books', clock_timestamp());

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
INSERT INTO sessions (id, user_id, title, status, metadata, created_at, updated_at) VALUES ('00000000-0000-0000-0000-00000000000a', '00000000-0000-0000-0000-000000000001', 'Sitzung 🙂', 'completed', '{"ä": [1, -1.5, null, true, "🦜", {"tief": [[]]}], "n": 4611686018427387904, "leer": ""}', '2024-02-29 23:59:59.123457+00:00', '2024-02-29 23:59:59.123457+00:00');
INSERT INTO sessions (id, user_id, title, status, metadata, created_at, updated_at) VALUES ('ffffffff-ffff-ffff-ffff-ffffffffffff', NULL, NULL, 'active', NULL, '2024-02-29 23:59:59.123457+00:00', '2024-02-29 23:59:59.123457+00:00');
INSERT INTO authors (id, user_id, session_id, author_name, pen_name, biography, writing_style, created_at, updated_at) VALUES ('00000000-0000-0000-0000-00000000000a', '00000000-0000-0000-0000-000000000001', '00000000-0000-0000-0000-00000000000a', 'Ä. Thor', 'a', 'Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. ', '', '2024-02-29 23:59:59.123457+00:00', '2024-02-29 23:59:59.123457+00:00');
INSERT INTO authors (id, user_id, session_id, author_name, pen_name, biography, writing_style, created_at, updated_at) VALUES ('ffffffff-ffff-ffff-ffff-ffffffffffff', NULL, NULL, 'ä. Thor', NULL, NULL, NULL, '2024-02-29 23:59:59.123457+00:00', '2024-02-29 23:59:59.123457+00:00');
INSERT INTO plots (id, user_id, session_id, author_id, title, plot_summary, genre, subgenre, microgenre, trope, tone, target_audience, created_at, updated_at) VALUES ('00000000-0000-0000-0000-00000000000a', '00000000-0000-0000-0000-000000000001', '00000000-0000-0000-0000-00000000000a', '00000000-0000-0000-0000-00000000000a', 'Titel 🙂', 'Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. ', 'fantasy', 'epic', 'grimdark', 'chosen one', 'dark ', '{"ä": [1, -1.5, null, true, "🦜", {"tief": [[]]}], "n": 4611686018427387904, "leer": ""}', '2024-02-29 23:59:59.123457+00:00', '2024-02-29 23:59:59.123457+00:00');
INSERT INTO plots (id, user_id, session_id, author_id, title, plot_summary, genre, subgenre, microgenre, trope, tone, target_audience, created_at, updated_at) VALUES ('ffffffff-ffff-ffff-ffff-ffffffffffff', NULL, NULL, NULL, 'titel 🙂', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '2024-02-29 23:59:59.123457+00:00', '2024-02-29 23:59:59.123457+00:00');
INSERT INTO world_building (id, user_id, plot_id, world_name, world_type, overview, geography, political_landscape, cultural_systems, economic_framework, historical_timeline, power_systems, languages_and_communication, religious_and_belief_systems, unique_elements, created_at, updated_at) VALUES ('00000000-0000-0000-0000-00000000000a', '00000000-0000-0000-0000-000000000001', '00000000-0000-0000-0000-00000000000a', 'Welt', 'Scheibe', 'Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. ', '{"ä": [1, -1.5, null, true, "🦜", {"tief": [[]]}], "n": 4611686018427387904, "leer": ""}', '{"ä": [1, -1.5, null, true, "🦜", {"tief": [[]]}], "n": 4611686018427387904, "leer": ""}', '{"ä": [1, -1.5, null, true, "🦜", {"tief": [[]]}], "n": 4611686018427387904, "leer": ""}', '{"ä": [1, -1.5, null, true, "🦜", {"tief": [[]]}], "n": 4611686018427387904, "leer": ""}', '{"ä": [1, -1.5, null, true, "🦜", {"tief": [[]]}], "n": 4611686018427387904, "leer": ""}', '{"ä": [1, -1.5, null, true, "🦜", {"tief": [[]]}], "n": 4611686018427387904, "leer": ""}', '{"ä": [1, -1.5, null, true, "🦜", {"tief": [[]]}], "n": 4611686018427387904, "leer": ""}', '{"ä": [1, -1.5, null, true, "🦜", {"tief": [[]]}], "n": 4611686018427387904, "leer": ""}', '{"ä": [1, -1.5, null, true, "🦜", {"tief": [[]]}], "n": 4611686018427387904, "leer": ""}', '2024-02-29 23:59:59.123457+00:00', '2024-02-29 23:59:59.123457+00:00');
INSERT INTO world_building (id, user_id, plot_id, world_name, world_type, overview, geography, political_landscape, cultural_systems, economic_framework, historical_timeline, power_systems, languages_and_communication, religious_and_belief_systems, unique_elements, created_at, updated_at) VALUES ('ffffffff-ffff-ffff-ffff-ffffffffffff', NULL, NULL, 'welt', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '2024-02-29 23:59:59.123457+00:00', '2024-02-29 23:59:59.123457+00:00');
INSERT INTO characters (id, user_id, plot_id, name, role, description, backstory, traits, relationships, created_at, updated_at) VALUES ('00000000-0000-0000-0000-00000000000a', '00000000-0000-0000-0000-000000000001', '00000000-0000-0000-0000-00000000000a', 'Held', 'hero', 'Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. Ein langer Text, äöü 🦜. ', '', '{"ä": [1, -1.5, null, true, "🦜", {"tief": [[]]}], "n": 4611686018427387904, "leer": ""}', '[]', '2024-02-29 23:59:59.123457+00:00', '2024-02-29 23:59:59.123457+00:00');
INSERT INTO characters (id, user_id, plot_id, name, role, description, backstory, traits, relationships, created_at, updated_at) VALUES ('ffffffff-ffff-ffff-ffff-ffffffffffff', NULL, NULL, 'held ', NULL, NULL, NULL, NULL, NULL, '2024-02-29 23:59:59.123457+00:00', '2024-02-29 23:59:59.123457+00:00');
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
INSERT INTO personas (id, name, description, system_prompt, metadata, created_at, updated_at) VALUES ('018f0000-0000-7000-8000-000000000001', 'a', 'Ä 🙂', NULL, '{"ä": [1, -1.5, null, true, "🦜"], "n": 4611686018427387904}', '2024-02-29 23:59:59.123457+00:00', '2024-02-29 23:59:59.123457+00:00');
INSERT INTO personas (id, name, description, system_prompt, metadata, created_at, updated_at) VALUES ('018f0000-0000-7000-8000-0000000000ff', 'A', 'Ä 🙂', NULL, '{"ä": [1, -1.5, null, true, "🦜"], "n": 4611686018427387904}', '2024-02-29 23:59:59.123457+00:00', '2024-02-29 23:59:59.123457+00:00');
INSERT INTO modules (id, name, type, description, trigger_pattern, script, content, execution_context, requires_ai_inference, stage_priority, created_at, updated_at) VALUES ('018f0000-0000-7000-8000-000000000001', NULL, 'script', NULL, '\d+ %s', 'x = 1
', NULL, 'IMMEDIATE', true, -5, '2024-02-29 23:59:59.123457+00:00', '2024-02-29 23:59:59.123457+00:00');
INSERT INTO conversations (id, user_id, persona_id, title, provider_type, provider_config, created_at, updated_at) VALUES ('018f0000-0000-7000-8000-000000000001', '00000000-0000-0000-0000-000000000001', '018f0000-0000-7000-8000-000000000001', 'Titel 🙂', 'local', '{"ä": [1, -1.5, null, true, "🦜"], "n": 4611686018427387904}', '2024-02-29 23:59:59.123457+00:00', '2024-02-29 23:59:59.123457+00:00');
INSERT INTO conversations (id, user_id, persona_id, title, provider_type, provider_config, created_at, updated_at) VALUES ('018f0000-0000-7000-8000-0000000000ff', NULL, NULL, NULL, NULL, NULL, '2024-02-29 23:59:59.123457+00:00', '2024-02-29 23:59:59.123457+00:00');
INSERT INTO messages (id, conversation_id, sequence, role, content, thinking, extra_data, input_tokens, output_tokens, created_at, updated_at) VALUES ('018f0000-0000-7000-8000-000000000001', '018f0000-0000-7000-8000-000000000001', 1, 'user', 'Was heißt 文字? 🙂', NULL, '{"ä": [1, -1.5, null, true, "🦜"], "n": 4611686018427387904}', 1099511627776, 0, '2024-02-29 23:59:59.123457+00:00', '2024-02-29 23:59:59.123457+00:00');
INSERT INTO conversation_states (id, conversation_id, persona_id, module_id, owner, state_key, value, created_at, updated_at) VALUES ('018f0000-0000-7000-8000-000000000001', '018f0000-0000-7000-8000-000000000001', NULL, '018f0000-0000-7000-8000-000000000001', ':018f0000000070008000000000000001', 'k ', '{"ä": [1, -1.5, null, true, "🦜"], "n": 4611686018427387904}', '2024-02-29 23:59:59.123457+00:00', '2024-02-29 23:59:59.123457+00:00');
INSERT INTO conversation_memory (id, conversation_id, persona_id, first_message_id, content, memory_type, importance, decay, embedding, metadata, last_accessed, access_count, created_at, updated_at) VALUES ('018f0000-0000-7000-8000-000000000001', '018f0000-0000-7000-8000-000000000001', NULL, '018f0000-0000-7000-8000-000000000001', '', 'fact', 0.30000000000000004, 1.0, '\x9a99193fcdcc4c3f', NULL, '2024-02-29 23:59:59.123457+00:00', 7, '2024-02-29 23:59:59.123457+00:00', '2024-02-29 23:59:59.123457+00:00');
INSERT INTO conversation_memory (id, conversation_id, persona_id, first_message_id, content, memory_type, importance, decay, embedding, metadata, last_accessed, access_count, created_at, updated_at) VALUES ('018f0000-0000-7000-8000-0000000000ff', '018f0000-0000-7000-8000-000000000001', NULL, '018f0000-0000-7000-8000-000000000001', '', 'fact', 0.30000000000000004, 1.0, '\x01000000000080bf', NULL, '2024-02-29 23:59:59.123457+00:00', 7, '2024-02-29 23:59:59.123457+00:00', '2024-02-29 23:59:59.123457+00:00');
INSERT INTO memory_collections (name, dimension, created_at) VALUES ('conversation_memory', 2, '2024-02-29 23:59:59.123457+00:00');
