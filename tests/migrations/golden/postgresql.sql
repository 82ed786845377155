-- column accuracy_metrics.created_at
8 timestamp with time zone NOT NULL
-- column accuracy_metrics.id
1 bigint NOT NULL DEFAULT nextval('accuracy_metrics_id_seq'::regclass)
-- column accuracy_metrics.metadata
5 jsonb
-- column accuracy_metrics.metric_type
2 character varying(100) COLLATE "C" NOT NULL
-- column accuracy_metrics.model_checkpoint_id
6 bigint
-- column accuracy_metrics.step
4 bigint
-- column accuracy_metrics.training_job_id
7 bigint
-- column accuracy_metrics.value
3 double precision NOT NULL
-- column agent_invocations.agent
2 character varying(255) COLLATE "C" NOT NULL
-- column agent_invocations.at
12 timestamp with time zone NOT NULL
-- column agent_invocations.cost
7 bigint
-- column agent_invocations.error
10 text COLLATE "C"
-- column agent_invocations.id
1 bigint NOT NULL DEFAULT nextval('agent_invocations_id_seq'::regclass)
-- column agent_invocations.input_digest
3 character varying(128) COLLATE "C"
-- column agent_invocations.input_tokens
5 bigint
-- column agent_invocations.latency
8 double precision
-- column agent_invocations.output_digest
4 character varying(128) COLLATE "C"
-- column agent_invocations.output_tokens
6 bigint
-- column agent_invocations.status
9 character varying(16) COLLATE "C" NOT NULL
-- column agent_invocations.trace_id
11 character varying(32) COLLATE "C"
-- column agent_invocations.user_id
13 uuid
-- column alembic_version.version_num
1 character varying(32) COLLATE "default" NOT NULL
-- column database_versions.applied_at
4 timestamp with time zone NOT NULL
-- column database_versions.description
3 text COLLATE "C"
-- column database_versions.id
1 bigint NOT NULL DEFAULT nextval('database_versions_id_seq'::regclass)
-- column database_versions.version
2 character varying(100) COLLATE "C" NOT NULL
-- column generation_history.created_at
8 timestamp with time zone NOT NULL
-- column generation_history.id
1 bigint NOT NULL DEFAULT nextval('generation_history_id_seq'::regclass)
-- column generation_history.model
4 character varying(255) COLLATE "C"
-- column generation_history.parameters
5 jsonb
-- column generation_history.prompt
2 text COLLATE "C" NOT NULL
-- column generation_history.quality_score
6 double precision
-- column generation_history.response
3 text COLLATE "C" NOT NULL
-- column generation_history.user_rating
7 smallint
-- column markov_ngrams.context
2 character varying(31) COLLATE "C" NOT NULL
-- column markov_ngrams.count
4 bigint NOT NULL
-- column markov_ngrams.n
1 smallint NOT NULL
-- column markov_ngrams.next_char
3 character varying(1) COLLATE "C" NOT NULL
-- column markov_ngrams.probability
5 double precision
-- column neural_checkpoints.accuracy
7 double precision
-- column neural_checkpoints.block_size
3 integer NOT NULL
-- column neural_checkpoints.created_at
10 timestamp with time zone NOT NULL
-- column neural_checkpoints.epochs
2 integer NOT NULL
-- column neural_checkpoints.id
1 bigint NOT NULL DEFAULT nextval('neural_checkpoints_id_seq'::regclass)
-- column neural_checkpoints.is_best
8 boolean
-- column neural_checkpoints.loss
6 double precision
-- column neural_checkpoints.notes
5 text COLLATE "C"
-- column neural_checkpoints.path
4 character varying(1024) COLLATE "C" NOT NULL
-- column neural_checkpoints.training_job_id
9 bigint
-- column neural_configs.config
3 jsonb NOT NULL
-- column neural_configs.created_at
4 timestamp with time zone NOT NULL
-- column neural_configs.id
1 bigint NOT NULL DEFAULT nextval('neural_configs_id_seq'::regclass)
-- column neural_configs.name
2 character varying(255) COLLATE "C" NOT NULL
-- column neural_configs.updated_at
5 timestamp with time zone NOT NULL
-- column orchestrator_decisions.at
8 timestamp with time zone NOT NULL
-- column orchestrator_decisions.confidence
6 double precision
-- column orchestrator_decisions.decision
3 character varying(255) COLLATE "C" NOT NULL
-- column orchestrator_decisions.id
1 bigint NOT NULL DEFAULT nextval('orchestrator_decisions_id_seq'::regclass)
-- column orchestrator_decisions.options
5 jsonb
-- column orchestrator_decisions.orchestrator
2 character varying(255) COLLATE "C" NOT NULL
-- column orchestrator_decisions.reason
4 text COLLATE "C"
-- column orchestrator_decisions.trace_id
7 character varying(32) COLLATE "C"
-- column orchestrator_decisions.user_id
9 uuid
-- column performance_metrics.at
6 timestamp with time zone NOT NULL
-- column performance_metrics.id
1 bigint NOT NULL DEFAULT nextval('performance_metrics_id_seq'::regclass)
-- column performance_metrics.name
2 character varying(255) COLLATE "C" NOT NULL
-- column performance_metrics.tags
5 jsonb
-- column performance_metrics.unit
4 character varying(64) COLLATE "C"
-- column performance_metrics.user_id
7 uuid
-- column performance_metrics.value
3 double precision NOT NULL
-- column text_corpora.char_count
7 bigint NOT NULL
-- column text_corpora.content
3 text COLLATE "default" NOT NULL
-- column text_corpora.created_at
8 timestamp with time zone NOT NULL
-- column text_corpora.id
1 bigint NOT NULL DEFAULT nextval('text_corpora_id_seq'::regclass)
-- column text_corpora.metadata
5 jsonb
-- column text_corpora.search_vector
9 tsvector
-- column text_corpora.source
4 character varying(512) COLLATE "C"
-- column text_corpora.title
2 character varying(255) COLLATE "default"
-- column text_corpora.word_count
6 bigint NOT NULL
-- column trace_events.attributes
13 jsonb
-- column trace_events.end
9 timestamp with time zone NOT NULL
-- column trace_events.end_ns
10 smallint NOT NULL
-- column trace_events.events
14 jsonb
-- column trace_events.id
1 bigint NOT NULL DEFAULT nextval('trace_events_id_seq'::regclass)
-- column trace_events.kind
6 character varying(16) COLLATE "C" NOT NULL
-- column trace_events.links
15 jsonb
-- column trace_events.name
5 character varying(255) COLLATE "C" NOT NULL
-- column trace_events.parent_span_id
4 character varying(16) COLLATE "C"
-- column trace_events.resource
16 jsonb
-- column trace_events.scope
17 character varying(255) COLLATE "C"
-- column trace_events.span_id
3 character varying(16) COLLATE "C" NOT NULL
-- column trace_events.start
7 timestamp with time zone NOT NULL
-- column trace_events.start_ns
8 smallint NOT NULL
-- column trace_events.status
11 character varying(16) COLLATE "C" NOT NULL
-- column trace_events.status_message
12 text COLLATE "C"
-- column trace_events.trace_id
2 character varying(32) COLLATE "C" NOT NULL
-- column trace_events.user_id
18 uuid
-- column training_jobs.completed_at
10 timestamp with time zone
-- column training_jobs.created_at
11 timestamp with time zone NOT NULL
-- column training_jobs.error
6 text COLLATE "C"
-- column training_jobs.id
1 bigint NOT NULL DEFAULT nextval('training_jobs_id_seq'::regclass)
-- column training_jobs.job_id
2 character varying(64) COLLATE "C" NOT NULL
-- column training_jobs.message
5 text COLLATE "C"
-- column training_jobs.neural_config_id
7 bigint
-- column training_jobs.progress
4 double precision NOT NULL
-- column training_jobs.started_at
9 timestamp with time zone
-- column training_jobs.status
3 character varying(16) COLLATE "C" NOT NULL
-- column training_jobs.text_corpus_id
8 bigint
-- column training_jobs.updated_at
12 timestamp with time zone NOT NULL
-- column users.created_at
5 timestamp with time zone NOT NULL
-- column users.email
3 character varying(320) COLLATE "C"
-- column users.id
1 uuid NOT NULL
-- column users.metadata
4 jsonb
-- column users.updated_at
6 timestamp with time zone NOT NULL
-- column users.username
2 character varying(255) COLLATE "C"
-- constraint alembic_version_pkc
alembic_version PRIMARY KEY (version_num)
-- constraint ck_agent_invocations_input_tokens
agent_invocations CHECK ((input_tokens >= 0))
-- constraint ck_agent_invocations_output_tokens
agent_invocations CHECK ((output_tokens >= 0))
-- constraint ck_agent_invocations_status
agent_invocations CHECK (((status)::text = ANY ((ARRAY['ok'::character varying, 'error'::character varying])::text[])))
-- constraint ck_generation_history_user_rating
generation_history CHECK (((user_rating >= 1) AND (user_rating <= 5)))
-- constraint ck_markov_ngrams_count
markov_ngrams CHECK ((count >= 1))
-- constraint ck_neural_checkpoints_block_size
neural_checkpoints CHECK ((block_size >= 0))
-- constraint ck_neural_checkpoints_epochs
neural_checkpoints CHECK ((epochs >= 0))
-- constraint ck_trace_events_end_ns
trace_events CHECK (((end_ns >= 0) AND (end_ns <= 999)))
-- constraint ck_trace_events_kind
trace_events CHECK (((kind)::text = ANY ((ARRAY['internal'::character varying, 'server'::character varying, 'client'::character varying, 'producer'::character varying, 'consumer'::character varying])::text[])))
-- constraint ck_trace_events_start_ns
trace_events CHECK (((start_ns >= 0) AND (start_ns <= 999)))
-- constraint ck_trace_events_status
trace_events CHECK (((status)::text = ANY ((ARRAY['unset'::character varying, 'ok'::character varying, 'error'::character varying])::text[])))
-- constraint ck_training_jobs_progress
training_jobs CHECK (((progress >= (0)::double precision) AND (progress <= (100)::double precision)))
-- constraint ck_training_jobs_status
training_jobs CHECK (((status)::text = ANY ((ARRAY['pending'::character varying, 'running'::character varying, 'completed'::character varying, 'failed'::character varying, 'cancelled'::character varying])::text[])))
-- constraint fk_accuracy_metrics_model_checkpoint_id
accuracy_metrics FOREIGN KEY (model_checkpoint_id) REFERENCES neural_checkpoints(id) ON DELETE CASCADE
-- constraint fk_accuracy_metrics_training_job_id
accuracy_metrics FOREIGN KEY (training_job_id) REFERENCES training_jobs(id) ON DELETE CASCADE
-- constraint fk_agent_invocations_user_id
agent_invocations FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
-- constraint fk_neural_checkpoints_training_job_id
neural_checkpoints FOREIGN KEY (training_job_id) REFERENCES training_jobs(id) ON DELETE CASCADE
-- constraint fk_orchestrator_decisions_user_id
orchestrator_decisions FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
-- constraint fk_performance_metrics_user_id
performance_metrics FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
-- constraint fk_trace_events_user_id
trace_events FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
-- constraint fk_training_jobs_neural_config_id
training_jobs FOREIGN KEY (neural_config_id) REFERENCES neural_configs(id) ON DELETE CASCADE
-- constraint fk_training_jobs_text_corpus_id
training_jobs FOREIGN KEY (text_corpus_id) REFERENCES text_corpora(id) ON DELETE SET NULL
-- constraint pk_accuracy_metrics
accuracy_metrics PRIMARY KEY (id)
-- constraint pk_agent_invocations
agent_invocations PRIMARY KEY (id)
-- constraint pk_database_versions
database_versions PRIMARY KEY (id)
-- constraint pk_generation_history
generation_history PRIMARY KEY (id)
-- constraint pk_markov_ngrams
markov_ngrams PRIMARY KEY (n, context, next_char)
-- constraint pk_neural_checkpoints
neural_checkpoints PRIMARY KEY (id)
-- constraint pk_neural_configs
neural_configs PRIMARY KEY (id)
-- constraint pk_orchestrator_decisions
orchestrator_decisions PRIMARY KEY (id)
-- constraint pk_performance_metrics
performance_metrics PRIMARY KEY (id)
-- constraint pk_text_corpora
text_corpora PRIMARY KEY (id)
-- constraint pk_trace_events
trace_events PRIMARY KEY (id)
-- constraint pk_training_jobs
training_jobs PRIMARY KEY (id)
-- constraint pk_users
users PRIMARY KEY (id)
-- constraint uq_neural_checkpoints_is_best_training_job_id
neural_checkpoints UNIQUE (is_best, training_job_id)
-- constraint uq_neural_configs_name
neural_configs UNIQUE (name)
-- constraint uq_trace_events_trace_id_span_id
trace_events UNIQUE (trace_id, span_id)
-- constraint uq_training_jobs_job_id
training_jobs UNIQUE (job_id)
-- constraint uq_users_email
users UNIQUE (email)
-- function bedplate_search_vector(text[])
CREATE OR REPLACE FUNCTION public.bedplate_search_vector(VARIADIC parts text[])
 RETURNS tsvector
 LANGUAGE plpgsql
 IMMUTABLE
AS $function$
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
END $function$

-- function text_corpora_search_vector()
CREATE OR REPLACE FUNCTION public.text_corpora_search_vector()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$ BEGIN NEW.search_vector := bedplate_search_vector(NEW.title, NEW.content); RETURN NEW; END $function$

-- index alembic_version_pkc
CREATE UNIQUE INDEX alembic_version_pkc ON public.alembic_version USING btree (version_num)
-- index ix_accuracy_metrics_metric_type_id
CREATE INDEX ix_accuracy_metrics_metric_type_id ON public.accuracy_metrics USING btree (metric_type, id)
-- index ix_accuracy_metrics_model_checkpoint_id
CREATE INDEX ix_accuracy_metrics_model_checkpoint_id ON public.accuracy_metrics USING btree (model_checkpoint_id)
-- index ix_accuracy_metrics_training_job_id
CREATE INDEX ix_accuracy_metrics_training_job_id ON public.accuracy_metrics USING btree (training_job_id)
-- index ix_agent_invocations_agent_id
CREATE INDEX ix_agent_invocations_agent_id ON public.agent_invocations USING btree (agent, id)
-- index ix_agent_invocations_at
CREATE INDEX ix_agent_invocations_at ON public.agent_invocations USING btree (at)
-- index ix_agent_invocations_trace_id
CREATE INDEX ix_agent_invocations_trace_id ON public.agent_invocations USING btree (trace_id)
-- index ix_agent_invocations_user_id
CREATE INDEX ix_agent_invocations_user_id ON public.agent_invocations USING btree (user_id)
-- index ix_generation_history_model_id
CREATE INDEX ix_generation_history_model_id ON public.generation_history USING btree (model, id)
-- index ix_neural_checkpoints_loss
CREATE INDEX ix_neural_checkpoints_loss ON public.neural_checkpoints USING btree (loss)
-- index ix_neural_checkpoints_training_job_id
CREATE INDEX ix_neural_checkpoints_training_job_id ON public.neural_checkpoints USING btree (training_job_id)
-- index ix_orchestrator_decisions_at
CREATE INDEX ix_orchestrator_decisions_at ON public.orchestrator_decisions USING btree (at)
-- index ix_orchestrator_decisions_orchestrator_id
CREATE INDEX ix_orchestrator_decisions_orchestrator_id ON public.orchestrator_decisions USING btree (orchestrator, id)
-- index ix_orchestrator_decisions_trace_id
CREATE INDEX ix_orchestrator_decisions_trace_id ON public.orchestrator_decisions USING btree (trace_id)
-- index ix_orchestrator_decisions_user_id
CREATE INDEX ix_orchestrator_decisions_user_id ON public.orchestrator_decisions USING btree (user_id)
-- index ix_performance_metrics_at
CREATE INDEX ix_performance_metrics_at ON public.performance_metrics USING btree (at)
-- index ix_performance_metrics_name_id
CREATE INDEX ix_performance_metrics_name_id ON public.performance_metrics USING btree (name, id)
-- index ix_performance_metrics_user_id
CREATE INDEX ix_performance_metrics_user_id ON public.performance_metrics USING btree (user_id)
-- index ix_text_corpora_search_vector
CREATE INDEX ix_text_corpora_search_vector ON public.text_corpora USING gin (search_vector)
-- index ix_text_corpora_search_vector_missing
CREATE INDEX ix_text_corpora_search_vector_missing ON public.text_corpora USING btree (id) WHERE (search_vector IS NULL)
-- index ix_text_corpora_source
CREATE INDEX ix_text_corpora_source ON public.text_corpora USING btree (source)
-- index ix_trace_events_name_id
CREATE INDEX ix_trace_events_name_id ON public.trace_events USING btree (name, id)
-- index ix_trace_events_start
CREATE INDEX ix_trace_events_start ON public.trace_events USING btree (start)
-- index ix_trace_events_user_id
CREATE INDEX ix_trace_events_user_id ON public.trace_events USING btree (user_id)
-- index ix_training_jobs_neural_config_id
CREATE INDEX ix_training_jobs_neural_config_id ON public.training_jobs USING btree (neural_config_id)
-- index ix_training_jobs_status_id
CREATE INDEX ix_training_jobs_status_id ON public.training_jobs USING btree (status, id)
-- index ix_training_jobs_text_corpus_id
CREATE INDEX ix_training_jobs_text_corpus_id ON public.training_jobs USING btree (text_corpus_id)
-- index pk_accuracy_metrics
CREATE UNIQUE INDEX pk_accuracy_metrics ON public.accuracy_metrics USING btree (id)
-- index pk_agent_invocations
CREATE UNIQUE INDEX pk_agent_invocations ON public.agent_invocations USING btree (id)
-- index pk_database_versions
CREATE UNIQUE INDEX pk_database_versions ON public.database_versions USING btree (id)
-- index pk_generation_history
CREATE UNIQUE INDEX pk_generation_history ON public.generation_history USING btree (id)
-- index pk_markov_ngrams
CREATE UNIQUE INDEX pk_markov_ngrams ON public.markov_ngrams USING btree (n, context, next_char)
-- index pk_neural_checkpoints
CREATE UNIQUE INDEX pk_neural_checkpoints ON public.neural_checkpoints USING btree (id)
-- index pk_neural_configs
CREATE UNIQUE INDEX pk_neural_configs ON public.neural_configs USING btree (id)
-- index pk_orchestrator_decisions
CREATE UNIQUE INDEX pk_orchestrator_decisions ON public.orchestrator_decisions USING btree (id)
-- index pk_performance_metrics
CREATE UNIQUE INDEX pk_performance_metrics ON public.performance_metrics USING btree (id)
-- index pk_text_corpora
CREATE UNIQUE INDEX pk_text_corpora ON public.text_corpora USING btree (id)
-- index pk_trace_events
CREATE UNIQUE INDEX pk_trace_events ON public.trace_events USING btree (id)
-- index pk_training_jobs
CREATE UNIQUE INDEX pk_training_jobs ON public.training_jobs USING btree (id)
-- index pk_users
CREATE UNIQUE INDEX pk_users ON public.users USING btree (id)
-- index uq_neural_checkpoints_is_best_training_job_id
CREATE UNIQUE INDEX uq_neural_checkpoints_is_best_training_job_id ON public.neural_checkpoints USING btree (is_best, training_job_id)
-- index uq_neural_configs_name
CREATE UNIQUE INDEX uq_neural_configs_name ON public.neural_configs USING btree (name)
-- index uq_trace_events_trace_id_span_id
CREATE UNIQUE INDEX uq_trace_events_trace_id_span_id ON public.trace_events USING btree (trace_id, span_id)
-- index uq_training_jobs_job_id
CREATE UNIQUE INDEX uq_training_jobs_job_id ON public.training_jobs USING btree (job_id)
-- index uq_users_email
CREATE UNIQUE INDEX uq_users_email ON public.users USING btree (email)
-- relation accuracy_metrics
r p
-- relation accuracy_metrics_id_seq
S p
-- relation agent_invocations
r p
-- relation agent_invocations_id_seq
S p
-- relation alembic_version
r p
-- relation alembic_version_pkc
i p
-- relation database_versions
r p
-- relation database_versions_id_seq
S p
-- relation generation_history
r p
-- relation generation_history_id_seq
S p
-- relation ix_accuracy_metrics_metric_type_id
i p
-- relation ix_accuracy_metrics_model_checkpoint_id
i p
-- relation ix_accuracy_metrics_training_job_id
i p
-- relation ix_agent_invocations_agent_id
i p
-- relation ix_agent_invocations_at
i p
-- relation ix_agent_invocations_trace_id
i p
-- relation ix_agent_invocations_user_id
i p
-- relation ix_generation_history_model_id
i p
-- relation ix_neural_checkpoints_loss
i p
-- relation ix_neural_checkpoints_training_job_id
i p
-- relation ix_orchestrator_decisions_at
i p
-- relation ix_orchestrator_decisions_orchestrator_id
i p
-- relation ix_orchestrator_decisions_trace_id
i p
-- relation ix_orchestrator_decisions_user_id
i p
-- relation ix_performance_metrics_at
i p
-- relation ix_performance_metrics_name_id
i p
-- relation ix_performance_metrics_user_id
i p
-- relation ix_text_corpora_search_vector
i p
-- relation ix_text_corpora_search_vector_missing
i p
-- relation ix_text_corpora_source
i p
-- relation ix_trace_events_name_id
i p
-- relation ix_trace_events_start
i p
-- relation ix_trace_events_user_id
i p
-- relation ix_training_jobs_neural_config_id
i p
-- relation ix_training_jobs_status_id
i p
-- relation ix_training_jobs_text_corpus_id
i p
-- relation markov_ngrams
r p fillfactor=50
-- relation neural_checkpoints
r p
-- relation neural_checkpoints_id_seq
S p
-- relation neural_configs
r p
-- relation neural_configs_id_seq
S p
-- relation orchestrator_decisions
r p
-- relation orchestrator_decisions_id_seq
S p
-- relation performance_metrics
r p
-- relation performance_metrics_id_seq
S p
-- relation pk_accuracy_metrics
i p
-- relation pk_agent_invocations
i p
-- relation pk_database_versions
i p
-- relation pk_generation_history
i p
-- relation pk_markov_ngrams
i p
-- relation pk_neural_checkpoints
i p
-- relation pk_neural_configs
i p
-- relation pk_orchestrator_decisions
i p
-- relation pk_performance_metrics
i p
-- relation pk_text_corpora
i p
-- relation pk_trace_events
i p
-- relation pk_training_jobs
i p
-- relation pk_users
i p
-- relation text_corpora
r p
-- relation text_corpora_id_seq
S p
-- relation trace_events
r p
-- relation trace_events_id_seq
S p
-- relation training_jobs
r p
-- relation training_jobs_id_seq
S p
-- relation uq_neural_checkpoints_is_best_training_job_id
i p
-- relation uq_neural_configs_name
i p
-- relation uq_trace_events_trace_id_span_id
i p
-- relation uq_training_jobs_job_id
i p
-- relation uq_users_email
i p
-- relation users
r p
-- trigger text_corpora_search_vector
CREATE TRIGGER text_corpora_search_vector BEFORE INSERT OR UPDATE OF title, content ON public.text_corpora FOR EACH ROW EXECUTE FUNCTION text_corpora_search_vector()
