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
-- column agent_versions.agent_name
2 character varying(255) COLLATE "C" NOT NULL
-- column agent_versions.code
4 text COLLATE "C" NOT NULL
-- column agent_versions.created_at
8 timestamp with time zone NOT NULL
-- column agent_versions.created_by
6 character varying(255) COLLATE "C"
-- column agent_versions.description
5 text COLLATE "C"
-- column agent_versions.id
1 bigint NOT NULL DEFAULT nextval('agent_versions_id_seq'::regclass)
-- column agent_versions.is_active
7 boolean
-- column agent_versions.version
3 character varying(100) COLLATE "C" NOT NULL
-- column alembic_version.version_num
1 character varying(32) COLLATE "default" NOT NULL
-- column alerts.created_at
5 timestamp with time zone NOT NULL
-- column alerts.id
1 bigint NOT NULL DEFAULT nextval('alerts_id_seq'::regclass)
-- column alerts.message
3 text COLLATE "C" NOT NULL
-- column alerts.source_url
4 character varying(2048) COLLATE "C"
-- column alerts.title
2 character varying(512) COLLATE "C" NOT NULL
-- column articles.content
4 text COLLATE "default" NOT NULL
-- column articles.created_at
5 timestamp with time zone NOT NULL
-- column articles.id
1 character varying(255) COLLATE "C" NOT NULL
-- column articles.search_vector
6 tsvector
-- column articles.title
3 character varying(512) COLLATE "default"
-- column articles.url
2 character varying(2048) COLLATE "C"
-- column authors.author_name
4 character varying(255) COLLATE "C" NOT NULL
-- column authors.biography
6 text COLLATE "C"
-- column authors.created_at
8 timestamp with time zone NOT NULL
-- column authors.id
1 uuid NOT NULL
-- column authors.pen_name
5 character varying(255) COLLATE "C"
-- column authors.session_id
3 uuid
-- column authors.updated_at
9 timestamp with time zone NOT NULL
-- column authors.user_id
2 uuid
-- column authors.writing_style
7 text COLLATE "C"
-- column characters.backstory
7 text COLLATE "C"
-- column characters.created_at
10 timestamp with time zone NOT NULL
-- column characters.description
6 text COLLATE "C"
-- column characters.id
1 uuid NOT NULL
-- column characters.name
4 character varying(255) COLLATE "C" NOT NULL
-- column characters.plot_id
3 uuid
-- column characters.relationships
9 jsonb
-- column characters.role
5 character varying(255) COLLATE "C"
-- column characters.traits
8 jsonb
-- column characters.updated_at
11 timestamp with time zone NOT NULL
-- column characters.user_id
2 uuid
-- column conversation_memory.access_count
12 bigint NOT NULL
-- column conversation_memory.content
5 text COLLATE "C" NOT NULL
-- column conversation_memory.conversation_id
2 uuid NOT NULL
-- column conversation_memory.created_at
13 timestamp with time zone NOT NULL
-- column conversation_memory.decay
8 double precision NOT NULL
-- column conversation_memory.embedding
9 bytea NOT NULL
-- column conversation_memory.first_message_id
4 uuid
-- column conversation_memory.id
1 uuid NOT NULL
-- column conversation_memory.importance
7 double precision NOT NULL
-- column conversation_memory.last_accessed
11 timestamp with time zone
-- column conversation_memory.memory_type
6 character varying(64) COLLATE "C" NOT NULL
-- column conversation_memory.metadata
10 jsonb
-- column conversation_memory.persona_id
3 uuid
-- column conversation_memory.updated_at
14 timestamp with time zone NOT NULL
-- column conversation_states.conversation_id
2 uuid NOT NULL
-- column conversation_states.created_at
8 timestamp with time zone NOT NULL
-- column conversation_states.id
1 uuid NOT NULL
-- column conversation_states.module_id
4 uuid
-- column conversation_states.owner
5 character varying(65) COLLATE "C" NOT NULL
-- column conversation_states.persona_id
3 uuid
-- column conversation_states.state_key
6 character varying(255) COLLATE "C" NOT NULL
-- column conversation_states.updated_at
9 timestamp with time zone NOT NULL
-- column conversation_states.value
7 jsonb
-- column conversations.created_at
7 timestamp with time zone NOT NULL
-- column conversations.id
1 uuid NOT NULL
-- column conversations.persona_id
3 uuid
-- column conversations.provider_config
6 jsonb
-- column conversations.provider_type
5 character varying(64) COLLATE "C"
-- column conversations.title
4 character varying(512) COLLATE "C"
-- column conversations.updated_at
8 timestamp with time zone NOT NULL
-- column conversations.user_id
2 uuid
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
-- column memory_collections.created_at
3 timestamp with time zone NOT NULL
-- column memory_collections.dimension
2 integer NOT NULL
-- column memory_collections.name
1 character varying(64) COLLATE "C" NOT NULL
-- column messages.content
5 text COLLATE "default" NOT NULL
-- column messages.conversation_id
2 uuid NOT NULL
-- column messages.created_at
10 timestamp with time zone NOT NULL
-- column messages.extra_data
7 jsonb
-- column messages.id
1 uuid NOT NULL
-- column messages.input_tokens
8 bigint
-- column messages.output_tokens
9 bigint
-- column messages.role
4 character varying(32) COLLATE "C" NOT NULL
-- column messages.search_vector
12 tsvector
-- column messages.sequence
3 bigint NOT NULL
-- column messages.thinking
6 text COLLATE "C"
-- column messages.updated_at
11 timestamp with time zone NOT NULL
-- column modules.content
7 text COLLATE "C"
-- column modules.created_at
11 timestamp with time zone NOT NULL
-- column modules.description
4 text COLLATE "C"
-- column modules.execution_context
8 character varying(16) COLLATE "C" NOT NULL
-- column modules.id
1 uuid NOT NULL
-- column modules.name
2 character varying(255) COLLATE "C"
-- column modules.requires_ai_inference
9 boolean
-- column modules.script
6 text COLLATE "C"
-- column modules.stage_priority
10 integer NOT NULL
-- column modules.trigger_pattern
5 text COLLATE "C"
-- column modules.type
3 character varying(64) COLLATE "C" NOT NULL
-- column modules.updated_at
12 timestamp with time zone NOT NULL
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
-- column personas.created_at
6 timestamp with time zone NOT NULL
-- column personas.description
3 text COLLATE "C"
-- column personas.id
1 uuid NOT NULL
-- column personas.metadata
5 jsonb
-- column personas.name
2 character varying(255) COLLATE "C" NOT NULL
-- column personas.system_prompt
4 text COLLATE "C"
-- column personas.updated_at
7 timestamp with time zone NOT NULL
-- column plots.author_id
4 uuid
-- column plots.created_at
13 timestamp with time zone NOT NULL
-- column plots.genre
7 character varying(255) COLLATE "C"
-- column plots.id
1 uuid NOT NULL
-- column plots.microgenre
9 character varying(255) COLLATE "C"
-- column plots.plot_summary
6 text COLLATE "C"
-- column plots.session_id
3 uuid
-- column plots.subgenre
8 character varying(255) COLLATE "C"
-- column plots.target_audience
12 jsonb
-- column plots.title
5 character varying(500) COLLATE "C" NOT NULL
-- column plots.tone
11 character varying(255) COLLATE "C"
-- column plots.trope
10 character varying(255) COLLATE "C"
-- column plots.updated_at
14 timestamp with time zone NOT NULL
-- column plots.user_id
2 uuid
-- column sessions.created_at
6 timestamp with time zone NOT NULL
-- column sessions.id
1 uuid NOT NULL
-- column sessions.metadata
5 jsonb
-- column sessions.status
4 character varying(16) COLLATE "C" NOT NULL
-- column sessions.title
3 character varying(500) COLLATE "C"
-- column sessions.updated_at
7 timestamp with time zone NOT NULL
-- column sessions.user_id
2 uuid
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
-- column training_jobs.attempts
17 bigint NOT NULL DEFAULT '0'::bigint
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
-- column training_jobs.lease_until
21 timestamp with time zone
-- column training_jobs.max_attempts
18 bigint NOT NULL DEFAULT '3'::bigint
-- column training_jobs.message
5 text COLLATE "C"
-- column training_jobs.neural_config_id
7 bigint
-- column training_jobs.not_before
16 timestamp with time zone
-- column training_jobs.priority
14 bigint NOT NULL DEFAULT '0'::bigint
-- column training_jobs.progress
4 double precision NOT NULL
-- column training_jobs.queue
13 character varying(64) COLLATE "C" NOT NULL DEFAULT 'default'::character varying
-- column training_jobs.started_at
9 timestamp with time zone
-- column training_jobs.status
3 character varying(16) COLLATE "C" NOT NULL
-- column training_jobs.text_corpus_id
8 bigint
-- column training_jobs.token
20 bigint NOT NULL DEFAULT '0'::bigint
-- column training_jobs.turn
15 bigint NOT NULL DEFAULT '0'::bigint
-- column training_jobs.updated_at
12 timestamp with time zone NOT NULL
-- column training_jobs.worker
19 character varying(255) COLLATE "C"
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
-- column workflow_history.created_at
6 timestamp with time zone NOT NULL
-- column workflow_history.id
1 bigint NOT NULL DEFAULT nextval('workflow_history_id_seq'::regclass)
-- column workflow_history.message
5 text COLLATE "C"
-- column workflow_history.status
3 character varying(16) COLLATE "C" NOT NULL
-- column workflow_history.step
4 character varying(255) COLLATE "C"
-- column workflow_history.workflow_id
2 bigint NOT NULL
-- column workflow_states.completed_at
7 timestamp with time zone
-- column workflow_states.created_at
8 timestamp with time zone NOT NULL
-- column workflow_states.current_step
4 character varying(255) COLLATE "C"
-- column workflow_states.data
5 jsonb
-- column workflow_states.error_message
6 text COLLATE "C"
-- column workflow_states.id
1 bigint NOT NULL DEFAULT nextval('workflow_states_id_seq'::regclass)
-- column workflow_states.status
3 character varying(16) COLLATE "C" NOT NULL
-- column workflow_states.updated_at
9 timestamp with time zone NOT NULL
-- column workflow_states.workflow_name
2 character varying(255) COLLATE "C" NOT NULL
-- column world_building.created_at
16 timestamp with time zone NOT NULL
-- column world_building.cultural_systems
9 jsonb
-- column world_building.economic_framework
10 jsonb
-- column world_building.geography
7 jsonb
-- column world_building.historical_timeline
11 jsonb
-- column world_building.id
1 uuid NOT NULL
-- column world_building.languages_and_communication
13 jsonb
-- column world_building.overview
6 text COLLATE "C"
-- column world_building.plot_id
3 uuid
-- column world_building.political_landscape
8 jsonb
-- column world_building.power_systems
12 jsonb
-- column world_building.religious_and_belief_systems
14 jsonb
-- column world_building.unique_elements
15 jsonb
-- column world_building.updated_at
17 timestamp with time zone NOT NULL
-- column world_building.user_id
2 uuid
-- column world_building.world_name
4 character varying(255) COLLATE "C" NOT NULL
-- column world_building.world_type
5 character varying(255) COLLATE "C"
-- constraint alembic_version_pkc
alembic_version PRIMARY KEY (version_num)
-- constraint ck_agent_invocations_input_tokens
agent_invocations CHECK ((input_tokens >= 0))
-- constraint ck_agent_invocations_output_tokens
agent_invocations CHECK ((output_tokens >= 0))
-- constraint ck_agent_invocations_status
agent_invocations CHECK (((status)::text = ANY ((ARRAY['ok'::character varying, 'error'::character varying])::text[])))
-- constraint ck_conversation_memory_access_count
conversation_memory CHECK ((access_count >= 0))
-- constraint ck_conversation_memory_decay
conversation_memory CHECK (((decay >= (0)::double precision) AND (decay <= (1)::double precision)))
-- constraint ck_conversation_memory_importance
conversation_memory CHECK (((importance >= (0)::double precision) AND (importance <= (1)::double precision)))
-- constraint ck_generation_history_user_rating
generation_history CHECK (((user_rating >= 1) AND (user_rating <= 5)))
-- constraint ck_markov_ngrams_count
markov_ngrams CHECK ((count >= 1))
-- constraint ck_memory_collections_dimension
memory_collections CHECK ((dimension >= 1))
-- constraint ck_messages_input_tokens
messages CHECK ((input_tokens >= 0))
-- constraint ck_messages_output_tokens
messages CHECK ((output_tokens >= 0))
-- constraint ck_messages_sequence
messages CHECK ((sequence >= 1))
-- constraint ck_modules_execution_context
modules CHECK (((execution_context)::text = ANY ((ARRAY['IMMEDIATE'::character varying, 'POST_RESPONSE'::character varying, 'ON_DEMAND'::character varying])::text[])))
-- constraint ck_neural_checkpoints_block_size
neural_checkpoints CHECK ((block_size >= 0))
-- constraint ck_neural_checkpoints_epochs
neural_checkpoints CHECK ((epochs >= 0))
-- constraint ck_sessions_status
sessions CHECK (((status)::text = ANY ((ARRAY['active'::character varying, 'completed'::character varying, 'archived'::character varying])::text[])))
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
-- constraint ck_workflow_states_status
workflow_states CHECK (((status)::text = ANY ((ARRAY['pending'::character varying, 'running'::character varying, 'completed'::character varying, 'failed'::character varying])::text[])))
-- constraint fk_accuracy_metrics_model_checkpoint_id
accuracy_metrics FOREIGN KEY (model_checkpoint_id) REFERENCES neural_checkpoints(id) ON DELETE CASCADE
-- constraint fk_accuracy_metrics_training_job_id
accuracy_metrics FOREIGN KEY (training_job_id) REFERENCES training_jobs(id) ON DELETE CASCADE
-- constraint fk_agent_invocations_user_id
agent_invocations FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
-- constraint fk_authors_session_id
authors FOREIGN KEY (session_id) REFERENCES sessions(id) ON DELETE SET NULL
-- constraint fk_authors_user_id
authors FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
-- constraint fk_characters_plot_id
characters FOREIGN KEY (plot_id) REFERENCES plots(id) ON DELETE CASCADE
-- constraint fk_characters_user_id
characters FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
-- constraint fk_conversation_memory_conversation_id
conversation_memory FOREIGN KEY (conversation_id) REFERENCES conversations(id) ON DELETE CASCADE
-- constraint fk_conversation_memory_first_message_id
conversation_memory FOREIGN KEY (first_message_id) REFERENCES messages(id) ON DELETE SET NULL
-- constraint fk_conversation_memory_persona_id
conversation_memory FOREIGN KEY (persona_id) REFERENCES personas(id) ON DELETE SET NULL
-- constraint fk_conversation_states_conversation_id
conversation_states FOREIGN KEY (conversation_id) REFERENCES conversations(id) ON DELETE CASCADE
-- constraint fk_conversation_states_module_id
conversation_states FOREIGN KEY (module_id) REFERENCES modules(id) ON DELETE CASCADE
-- constraint fk_conversation_states_persona_id
conversation_states FOREIGN KEY (persona_id) REFERENCES personas(id) ON DELETE CASCADE
-- constraint fk_conversations_persona_id
conversations FOREIGN KEY (persona_id) REFERENCES personas(id) ON DELETE SET NULL
-- constraint fk_conversations_user_id
conversations FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
-- constraint fk_messages_conversation_id
messages FOREIGN KEY (conversation_id) REFERENCES conversations(id) ON DELETE CASCADE
-- constraint fk_neural_checkpoints_training_job_id
neural_checkpoints FOREIGN KEY (training_job_id) REFERENCES training_jobs(id) ON DELETE CASCADE
-- constraint fk_orchestrator_decisions_user_id
orchestrator_decisions FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
-- constraint fk_performance_metrics_user_id
performance_metrics FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
-- constraint fk_plots_author_id
plots FOREIGN KEY (author_id) REFERENCES authors(id) ON DELETE SET NULL
-- constraint fk_plots_session_id
plots FOREIGN KEY (session_id) REFERENCES sessions(id) ON DELETE SET NULL
-- constraint fk_plots_user_id
plots FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
-- constraint fk_sessions_user_id
sessions FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
-- constraint fk_trace_events_user_id
trace_events FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
-- constraint fk_training_jobs_neural_config_id
training_jobs FOREIGN KEY (neural_config_id) REFERENCES neural_configs(id) ON DELETE CASCADE
-- constraint fk_training_jobs_text_corpus_id
training_jobs FOREIGN KEY (text_corpus_id) REFERENCES text_corpora(id) ON DELETE SET NULL
-- constraint fk_workflow_history_workflow_id
workflow_history FOREIGN KEY (workflow_id) REFERENCES workflow_states(id) ON DELETE CASCADE
-- constraint fk_world_building_plot_id
world_building FOREIGN KEY (plot_id) REFERENCES plots(id) ON DELETE CASCADE
-- constraint fk_world_building_user_id
world_building FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
-- constraint pk_accuracy_metrics
accuracy_metrics PRIMARY KEY (id)
-- constraint pk_agent_invocations
agent_invocations PRIMARY KEY (id)
-- constraint pk_agent_versions
agent_versions PRIMARY KEY (id)
-- constraint pk_alerts
alerts PRIMARY KEY (id)
-- constraint pk_articles
articles PRIMARY KEY (id)
-- constraint pk_authors
authors PRIMARY KEY (id)
-- constraint pk_characters
characters PRIMARY KEY (id)
-- constraint pk_conversation_memory
conversation_memory PRIMARY KEY (id)
-- constraint pk_conversation_states
conversation_states PRIMARY KEY (id)
-- constraint pk_conversations
conversations PRIMARY KEY (id)
-- constraint pk_database_versions
database_versions PRIMARY KEY (id)
-- constraint pk_generation_history
generation_history PRIMARY KEY (id)
-- constraint pk_markov_ngrams
markov_ngrams PRIMARY KEY (n, context, next_char)
-- constraint pk_memory_collections
memory_collections PRIMARY KEY (name)
-- constraint pk_messages
messages PRIMARY KEY (id)
-- constraint pk_modules
modules PRIMARY KEY (id)
-- constraint pk_neural_checkpoints
neural_checkpoints PRIMARY KEY (id)
-- constraint pk_neural_configs
neural_configs PRIMARY KEY (id)
-- constraint pk_orchestrator_decisions
orchestrator_decisions PRIMARY KEY (id)
-- constraint pk_performance_metrics
performance_metrics PRIMARY KEY (id)
-- constraint pk_personas
personas PRIMARY KEY (id)
-- constraint pk_plots
plots PRIMARY KEY (id)
-- constraint pk_sessions
sessions PRIMARY KEY (id)
-- constraint pk_text_corpora
text_corpora PRIMARY KEY (id)
-- constraint pk_trace_events
trace_events PRIMARY KEY (id)
-- constraint pk_training_jobs
training_jobs PRIMARY KEY (id)
-- constraint pk_users
users PRIMARY KEY (id)
-- constraint pk_workflow_history
workflow_history PRIMARY KEY (id)
-- constraint pk_workflow_states
workflow_states PRIMARY KEY (id)
-- constraint pk_world_building
world_building PRIMARY KEY (id)
-- constraint uq_agent_versions_agent_name_is_active
agent_versions UNIQUE (agent_name, is_active)
-- constraint uq_agent_versions_agent_name_version
agent_versions UNIQUE (agent_name, version)
-- constraint uq_conversation_states_conversation_id_owner_state_key
conversation_states UNIQUE (conversation_id, owner, state_key)
-- constraint uq_messages_conversation_id_sequence
messages UNIQUE (conversation_id, sequence)
-- constraint uq_modules_name
modules UNIQUE (name)
-- constraint uq_neural_checkpoints_is_best_training_job_id
neural_checkpoints UNIQUE (is_best, training_job_id)
-- constraint uq_neural_configs_name
neural_configs UNIQUE (name)
-- constraint uq_personas_name
personas UNIQUE (name)
-- constraint uq_trace_events_trace_id_span_id
trace_events UNIQUE (trace_id, span_id)
-- constraint uq_training_jobs_job_id
training_jobs UNIQUE (job_id)
-- constraint uq_users_email
users UNIQUE (email)
-- function articles_search_vector()
CREATE OR REPLACE FUNCTION public.articles_search_vector()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$ BEGIN NEW.search_vector := bedplate_search_vector(NEW.title, NEW.content); RETURN NEW; END $function$

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

-- function messages_search_vector()
CREATE OR REPLACE FUNCTION public.messages_search_vector()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$ BEGIN NEW.search_vector := bedplate_search_vector(NEW.content); RETURN NEW; END $function$

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
-- index ix_articles_search_vector
CREATE INDEX ix_articles_search_vector ON public.articles USING gin (search_vector)
-- index ix_articles_search_vector_missing
CREATE INDEX ix_articles_search_vector_missing ON public.articles USING btree (id) WHERE (search_vector IS NULL)
-- index ix_authors_session_id
CREATE INDEX ix_authors_session_id ON public.authors USING btree (session_id)
-- index ix_authors_user_id_id
CREATE INDEX ix_authors_user_id_id ON public.authors USING btree (user_id, id)
-- index ix_characters_plot_id
CREATE INDEX ix_characters_plot_id ON public.characters USING btree (plot_id)
-- index ix_characters_user_id_id
CREATE INDEX ix_characters_user_id_id ON public.characters USING btree (user_id, id)
-- index ix_conversation_memory_conversation_id
CREATE INDEX ix_conversation_memory_conversation_id ON public.conversation_memory USING btree (conversation_id)
-- index ix_conversation_memory_first_message_id
CREATE INDEX ix_conversation_memory_first_message_id ON public.conversation_memory USING btree (first_message_id)
-- index ix_conversation_memory_persona_id
CREATE INDEX ix_conversation_memory_persona_id ON public.conversation_memory USING btree (persona_id)
-- index ix_conversation_states_module_id
CREATE INDEX ix_conversation_states_module_id ON public.conversation_states USING btree (module_id)
-- index ix_conversation_states_persona_id
CREATE INDEX ix_conversation_states_persona_id ON public.conversation_states USING btree (persona_id)
-- index ix_conversations_persona_id
CREATE INDEX ix_conversations_persona_id ON public.conversations USING btree (persona_id)
-- index ix_conversations_user_id
CREATE INDEX ix_conversations_user_id ON public.conversations USING btree (user_id)
-- index ix_generation_history_model_id
CREATE INDEX ix_generation_history_model_id ON public.generation_history USING btree (model, id)
-- index ix_messages_search_vector
CREATE INDEX ix_messages_search_vector ON public.messages USING gin (search_vector)
-- index ix_messages_search_vector_missing
CREATE INDEX ix_messages_search_vector_missing ON public.messages USING btree (id) WHERE (search_vector IS NULL)
-- index ix_modules_execution_context_stage_priority_id
CREATE INDEX ix_modules_execution_context_stage_priority_id ON public.modules USING btree (execution_context, stage_priority, id)
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
-- index ix_plots_author_id
CREATE INDEX ix_plots_author_id ON public.plots USING btree (author_id)
-- index ix_plots_session_id
CREATE INDEX ix_plots_session_id ON public.plots USING btree (session_id)
-- index ix_plots_user_id_id
CREATE INDEX ix_plots_user_id_id ON public.plots USING btree (user_id, id)
-- index ix_sessions_user_id_id
CREATE INDEX ix_sessions_user_id_id ON public.sessions USING btree (user_id, id)
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
-- index ix_training_jobs_status_queue_turn_id_not_before
CREATE INDEX ix_training_jobs_status_queue_turn_id_not_before ON public.training_jobs USING btree (status, queue, turn, id, not_before) WHERE ((status)::text = 'pending'::text)
-- index ix_training_jobs_text_corpus_id
CREATE INDEX ix_training_jobs_text_corpus_id ON public.training_jobs USING btree (text_corpus_id)
-- index ix_workflow_history_workflow_id
CREATE INDEX ix_workflow_history_workflow_id ON public.workflow_history USING btree (workflow_id)
-- index ix_workflow_states_status_id
CREATE INDEX ix_workflow_states_status_id ON public.workflow_states USING btree (status, id)
-- index ix_workflow_states_workflow_name_id
CREATE INDEX ix_workflow_states_workflow_name_id ON public.workflow_states USING btree (workflow_name, id)
-- index ix_world_building_plot_id
CREATE INDEX ix_world_building_plot_id ON public.world_building USING btree (plot_id)
-- index ix_world_building_user_id_id
CREATE INDEX ix_world_building_user_id_id ON public.world_building USING btree (user_id, id)
-- index pk_accuracy_metrics
CREATE UNIQUE INDEX pk_accuracy_metrics ON public.accuracy_metrics USING btree (id)
-- index pk_agent_invocations
CREATE UNIQUE INDEX pk_agent_invocations ON public.agent_invocations USING btree (id)
-- index pk_agent_versions
CREATE UNIQUE INDEX pk_agent_versions ON public.agent_versions USING btree (id)
-- index pk_alerts
CREATE UNIQUE INDEX pk_alerts ON public.alerts USING btree (id)
-- index pk_articles
CREATE UNIQUE INDEX pk_articles ON public.articles USING btree (id)
-- index pk_authors
CREATE UNIQUE INDEX pk_authors ON public.authors USING btree (id)
-- index pk_characters
CREATE UNIQUE INDEX pk_characters ON public.characters USING btree (id)
-- index pk_conversation_memory
CREATE UNIQUE INDEX pk_conversation_memory ON public.conversation_memory USING btree (id)
-- index pk_conversation_states
CREATE UNIQUE INDEX pk_conversation_states ON public.conversation_states USING btree (id)
-- index pk_conversations
CREATE UNIQUE INDEX pk_conversations ON public.conversations USING btree (id)
-- index pk_database_versions
CREATE UNIQUE INDEX pk_database_versions ON public.database_versions USING btree (id)
-- index pk_generation_history
CREATE UNIQUE INDEX pk_generation_history ON public.generation_history USING btree (id)
-- index pk_markov_ngrams
CREATE UNIQUE INDEX pk_markov_ngrams ON public.markov_ngrams USING btree (n, context, next_char)
-- index pk_memory_collections
CREATE UNIQUE INDEX pk_memory_collections ON public.memory_collections USING btree (name)
-- index pk_messages
CREATE UNIQUE INDEX pk_messages ON public.messages USING btree (id)
-- index pk_modules
CREATE UNIQUE INDEX pk_modules ON public.modules USING btree (id)
-- index pk_neural_checkpoints
CREATE UNIQUE INDEX pk_neural_checkpoints ON public.neural_checkpoints USING btree (id)
-- index pk_neural_configs
CREATE UNIQUE INDEX pk_neural_configs ON public.neural_configs USING btree (id)
-- index pk_orchestrator_decisions
CREATE UNIQUE INDEX pk_orchestrator_decisions ON public.orchestrator_decisions USING btree (id)
-- index pk_performance_metrics
CREATE UNIQUE INDEX pk_performance_metrics ON public.performance_metrics USING btree (id)
-- index pk_personas
CREATE UNIQUE INDEX pk_personas ON public.personas USING btree (id)
-- index pk_plots
CREATE UNIQUE INDEX pk_plots ON public.plots USING btree (id)
-- index pk_sessions
CREATE UNIQUE INDEX pk_sessions ON public.sessions USING btree (id)
-- index pk_text_corpora
CREATE UNIQUE INDEX pk_text_corpora ON public.text_corpora USING btree (id)
-- index pk_trace_events
CREATE UNIQUE INDEX pk_trace_events ON public.trace_events USING btree (id)
-- index pk_training_jobs
CREATE UNIQUE INDEX pk_training_jobs ON public.training_jobs USING btree (id)
-- index pk_users
CREATE UNIQUE INDEX pk_users ON public.users USING btree (id)
-- index pk_workflow_history
CREATE UNIQUE INDEX pk_workflow_history ON public.workflow_history USING btree (id)
-- index pk_workflow_states
CREATE UNIQUE INDEX pk_workflow_states ON public.workflow_states USING btree (id)
-- index pk_world_building
CREATE UNIQUE INDEX pk_world_building ON public.world_building USING btree (id)
-- index uq_agent_versions_agent_name_is_active
CREATE UNIQUE INDEX uq_agent_versions_agent_name_is_active ON public.agent_versions USING btree (agent_name, is_active)
-- index uq_agent_versions_agent_name_version
CREATE UNIQUE INDEX uq_agent_versions_agent_name_version ON public.agent_versions USING btree (agent_name, version)
-- index uq_conversation_states_conversation_id_owner_state_key
CREATE UNIQUE INDEX uq_conversation_states_conversation_id_owner_state_key ON public.conversation_states USING btree (conversation_id, owner, state_key)
-- index uq_messages_conversation_id_sequence
CREATE UNIQUE INDEX uq_messages_conversation_id_sequence ON public.messages USING btree (conversation_id, sequence)
-- index uq_modules_name
CREATE UNIQUE INDEX uq_modules_name ON public.modules USING btree (name)
-- index uq_neural_checkpoints_is_best_training_job_id
CREATE UNIQUE INDEX uq_neural_checkpoints_is_best_training_job_id ON public.neural_checkpoints USING btree (is_best, training_job_id)
-- index uq_neural_configs_name
CREATE UNIQUE INDEX uq_neural_configs_name ON public.neural_configs USING btree (name)
-- index uq_personas_name
CREATE UNIQUE INDEX uq_personas_name ON public.personas USING btree (name)
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
-- relation agent_versions
r p
-- relation agent_versions_id_seq
S p
-- relation alembic_version
r p
-- relation alembic_version_pkc
i p
-- relation alerts
r p
-- relation alerts_id_seq
S p
-- relation articles
r p
-- relation authors
r p
-- relation characters
r p
-- relation conversation_memory
r p
-- relation conversation_states
r p
-- relation conversations
r p
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
-- relation ix_articles_search_vector
i p
-- relation ix_articles_search_vector_missing
i p
-- relation ix_authors_session_id
i p
-- relation ix_authors_user_id_id
i p
-- relation ix_characters_plot_id
i p
-- relation ix_characters_user_id_id
i p
-- relation ix_conversation_memory_conversation_id
i p
-- relation ix_conversation_memory_first_message_id
i p
-- relation ix_conversation_memory_persona_id
i p
-- relation ix_conversation_states_module_id
i p
-- relation ix_conversation_states_persona_id
i p
-- relation ix_conversations_persona_id
i p
-- relation ix_conversations_user_id
i p
-- relation ix_generation_history_model_id
i p
-- relation ix_messages_search_vector
i p
-- relation ix_messages_search_vector_missing
i p
-- relation ix_modules_execution_context_stage_priority_id
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
-- relation ix_plots_author_id
i p
-- relation ix_plots_session_id
i p
-- relation ix_plots_user_id_id
i p
-- relation ix_sessions_user_id_id
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
-- relation ix_training_jobs_status_queue_turn_id_not_before
i p
-- relation ix_training_jobs_text_corpus_id
i p
-- relation ix_workflow_history_workflow_id
i p
-- relation ix_workflow_states_status_id
i p
-- relation ix_workflow_states_workflow_name_id
i p
-- relation ix_world_building_plot_id
i p
-- relation ix_world_building_user_id_id
i p
-- relation markov_ngrams
r p fillfactor=50
-- relation memory_collections
r p
-- relation messages
r p
-- relation modules
r p
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
-- relation personas
r p
-- relation pk_accuracy_metrics
i p
-- relation pk_agent_invocations
i p
-- relation pk_agent_versions
i p
-- relation pk_alerts
i p
-- relation pk_articles
i p
-- relation pk_authors
i p
-- relation pk_characters
i p
-- relation pk_conversation_memory
i p
-- relation pk_conversation_states
i p
-- relation pk_conversations
i p
-- relation pk_database_versions
i p
-- relation pk_generation_history
i p
-- relation pk_markov_ngrams
i p
-- relation pk_memory_collections
i p
-- relation pk_messages
i p
-- relation pk_modules
i p
-- relation pk_neural_checkpoints
i p
-- relation pk_neural_configs
i p
-- relation pk_orchestrator_decisions
i p
-- relation pk_performance_metrics
i p
-- relation pk_personas
i p
-- relation pk_plots
i p
-- relation pk_sessions
i p
-- relation pk_text_corpora
i p
-- relation pk_trace_events
i p
-- relation pk_training_jobs
i p
-- relation pk_users
i p
-- relation pk_workflow_history
i p
-- relation pk_workflow_states
i p
-- relation pk_world_building
i p
-- relation plots
r p
-- relation sessions
r p
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
-- relation uq_agent_versions_agent_name_is_active
i p
-- relation uq_agent_versions_agent_name_version
i p
-- relation uq_conversation_states_conversation_id_owner_state_key
i p
-- relation uq_messages_conversation_id_sequence
i p
-- relation uq_modules_name
i p
-- relation uq_neural_checkpoints_is_best_training_job_id
i p
-- relation uq_neural_configs_name
i p
-- relation uq_personas_name
i p
-- relation uq_trace_events_trace_id_span_id
i p
-- relation uq_training_jobs_job_id
i p
-- relation uq_users_email
i p
-- relation users
r p
-- relation workflow_history
r p
-- relation workflow_history_id_seq
S p
-- relation workflow_states
r p
-- relation workflow_states_id_seq
S p
-- relation world_building
r p
-- trigger articles_search_vector
CREATE TRIGGER articles_search_vector BEFORE INSERT OR UPDATE OF title, content ON public.articles FOR EACH ROW EXECUTE FUNCTION articles_search_vector()
-- trigger messages_search_vector
CREATE TRIGGER messages_search_vector BEFORE INSERT OR UPDATE OF content ON public.messages FOR EACH ROW EXECUTE FUNCTION messages_search_vector()
-- trigger text_corpora_search_vector
CREATE TRIGGER text_corpora_search_vector BEFORE INSERT OR UPDATE OF title, content ON public.text_corpora FOR EACH ROW EXECUTE FUNCTION text_corpora_search_vector()
