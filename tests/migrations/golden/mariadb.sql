-- table accuracy_metrics
CREATE TABLE `accuracy_metrics` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT
  `metric_type` varchar(100) NOT NULL
  `value` double NOT NULL
  `step` bigint(20) DEFAULT NULL
  `metadata` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL CHECK (json_valid(`metadata`))
  `model_checkpoint_id` bigint(20) DEFAULT NULL
  `training_job_id` bigint(20) DEFAULT NULL
  `created_at` datetime(6) NOT NULL
  PRIMARY KEY (`id`)
  CONSTRAINT `fk_accuracy_metrics_model_checkpoint_id` FOREIGN KEY (`model_checkpoint_id`) REFERENCES `neural_checkpoints` (`id`) ON DELETE CASCADE
  CONSTRAINT `fk_accuracy_metrics_training_job_id` FOREIGN KEY (`training_job_id`) REFERENCES `training_jobs` (`id`) ON DELETE CASCADE
  KEY `ix_accuracy_metrics_metric_type_id` (`metric_type`,`id`)
  KEY `ix_accuracy_metrics_model_checkpoint_id` (`model_checkpoint_id`)
  KEY `ix_accuracy_metrics_training_job_id` (`training_job_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin
-- table agent_invocations
CREATE TABLE `agent_invocations` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT
  `agent` varchar(255) NOT NULL
  `input_digest` varchar(128) DEFAULT NULL
  `output_digest` varchar(128) DEFAULT NULL
  `input_tokens` bigint(20) DEFAULT NULL
  `output_tokens` bigint(20) DEFAULT NULL
  `cost` bigint(20) DEFAULT NULL
  `latency` double DEFAULT NULL
  `status` varchar(16) NOT NULL
  `error` longtext DEFAULT NULL
  `trace_id` varchar(32) DEFAULT NULL
  `at` datetime(6) NOT NULL
  `user_id` binary(16) DEFAULT NULL
  PRIMARY KEY (`id`)
  CONSTRAINT `fk_agent_invocations_user_id` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON DELETE CASCADE
  CONSTRAINT `ck_agent_invocations_status` CHECK (`status` in ('ok','error'))
  CONSTRAINT `ck_agent_invocations_input_tokens` CHECK (`input_tokens` >= 0)
  CONSTRAINT `ck_agent_invocations_output_tokens` CHECK (`output_tokens` >= 0)
  KEY `ix_agent_invocations_agent_id` (`agent`,`id`)
  KEY `ix_agent_invocations_at` (`at`)
  KEY `ix_agent_invocations_trace_id` (`trace_id`)
  KEY `ix_agent_invocations_user_id` (`user_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin
-- table agent_versions
CREATE TABLE `agent_versions` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT
  `agent_name` varchar(255) NOT NULL
  `version` varchar(100) NOT NULL
  `code` longtext NOT NULL
  `description` longtext DEFAULT NULL
  `created_by` varchar(255) DEFAULT NULL
  `is_active` tinyint(1) DEFAULT NULL
  `created_at` datetime(6) NOT NULL
  PRIMARY KEY (`id`)
  UNIQUE KEY `uq_agent_versions_agent_name_is_active` (`agent_name`,`is_active`)
  UNIQUE KEY `uq_agent_versions_agent_name_version` (`agent_name`,`version`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin
-- table alerts
CREATE TABLE `alerts` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT
  `title` varchar(512) NOT NULL
  `message` longtext NOT NULL
  `source_url` varchar(2048) DEFAULT NULL
  `created_at` datetime(6) NOT NULL
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin
-- table articles
CREATE TABLE `articles` (
  `id` varchar(255) NOT NULL
  `url` varchar(2048) DEFAULT NULL
  `title` varchar(512) CHARACTER SET utf8mb4 COLLATE utf8mb4_uca1400_ai_ci DEFAULT NULL
  `content` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_uca1400_ai_ci NOT NULL
  `created_at` datetime(6) NOT NULL
  PRIMARY KEY (`id`)
  FULLTEXT KEY `ix_articles_search` (`title`,`content`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin
-- table authors
CREATE TABLE `authors` (
  `id` binary(16) NOT NULL
  `user_id` binary(16) DEFAULT NULL
  `session_id` binary(16) DEFAULT NULL
  `author_name` varchar(255) NOT NULL
  `pen_name` varchar(255) DEFAULT NULL
  `biography` longtext DEFAULT NULL
  `writing_style` longtext DEFAULT NULL
  `created_at` datetime(6) NOT NULL
  `updated_at` datetime(6) NOT NULL
  PRIMARY KEY (`id`)
  CONSTRAINT `fk_authors_session_id` FOREIGN KEY (`session_id`) REFERENCES `sessions` (`id`) ON DELETE SET NULL
  CONSTRAINT `fk_authors_user_id` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON DELETE CASCADE
  KEY `ix_authors_session_id` (`session_id`)
  KEY `ix_authors_user_id_id` (`user_id`,`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin
-- table characters
CREATE TABLE `characters` (
  `id` binary(16) NOT NULL
  `user_id` binary(16) DEFAULT NULL
  `plot_id` binary(16) DEFAULT NULL
  `name` varchar(255) NOT NULL
  `role` varchar(255) DEFAULT NULL
  `description` longtext DEFAULT NULL
  `backstory` longtext DEFAULT NULL
  `traits` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL CHECK (json_valid(`traits`))
  `relationships` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL CHECK (json_valid(`relationships`))
  `created_at` datetime(6) NOT NULL
  `updated_at` datetime(6) NOT NULL
  PRIMARY KEY (`id`)
  CONSTRAINT `fk_characters_plot_id` FOREIGN KEY (`plot_id`) REFERENCES `plots` (`id`) ON DELETE CASCADE
  CONSTRAINT `fk_characters_user_id` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON DELETE CASCADE
  KEY `ix_characters_plot_id` (`plot_id`)
  KEY `ix_characters_user_id_id` (`user_id`,`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin
-- table conversation_memory
CREATE TABLE `conversation_memory` (
  `id` binary(16) NOT NULL
  `conversation_id` binary(16) NOT NULL
  `persona_id` binary(16) DEFAULT NULL
  `first_message_id` binary(16) DEFAULT NULL
  `content` longtext NOT NULL
  `memory_type` varchar(64) NOT NULL
  `importance` double NOT NULL
  `decay` double NOT NULL
  `embedding` longblob NOT NULL
  `metadata` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL CHECK (json_valid(`metadata`))
  `last_accessed` datetime(6) DEFAULT NULL
  `access_count` bigint(20) NOT NULL
  `created_at` datetime(6) NOT NULL
  `updated_at` datetime(6) NOT NULL
  PRIMARY KEY (`id`)
  CONSTRAINT `fk_conversation_memory_conversation_id` FOREIGN KEY (`conversation_id`) REFERENCES `conversations` (`id`) ON DELETE CASCADE
  CONSTRAINT `fk_conversation_memory_first_message_id` FOREIGN KEY (`first_message_id`) REFERENCES `messages` (`id`) ON DELETE SET NULL
  CONSTRAINT `fk_conversation_memory_persona_id` FOREIGN KEY (`persona_id`) REFERENCES `personas` (`id`) ON DELETE SET NULL
  CONSTRAINT `ck_conversation_memory_importance` CHECK (`importance` >= 0 and `importance` <= 1)
  CONSTRAINT `ck_conversation_memory_decay` CHECK (`decay` >= 0 and `decay` <= 1)
  CONSTRAINT `ck_conversation_memory_access_count` CHECK (`access_count` >= 0)
  KEY `ix_conversation_memory_conversation_id` (`conversation_id`)
  KEY `ix_conversation_memory_first_message_id` (`first_message_id`)
  KEY `ix_conversation_memory_persona_id` (`persona_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin
-- table conversation_states
CREATE TABLE `conversation_states` (
  `id` binary(16) NOT NULL
  `conversation_id` binary(16) NOT NULL
  `persona_id` binary(16) DEFAULT NULL
  `module_id` binary(16) DEFAULT NULL
  `owner` varchar(65) NOT NULL
  `state_key` varchar(255) NOT NULL
  `value` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL CHECK (json_valid(`value`))
  `created_at` datetime(6) NOT NULL
  `updated_at` datetime(6) NOT NULL
  PRIMARY KEY (`id`)
  CONSTRAINT `fk_conversation_states_conversation_id` FOREIGN KEY (`conversation_id`) REFERENCES `conversations` (`id`) ON DELETE CASCADE
  CONSTRAINT `fk_conversation_states_module_id` FOREIGN KEY (`module_id`) REFERENCES `modules` (`id`) ON DELETE CASCADE
  CONSTRAINT `fk_conversation_states_persona_id` FOREIGN KEY (`persona_id`) REFERENCES `personas` (`id`) ON DELETE CASCADE
  KEY `ix_conversation_states_module_id` (`module_id`)
  KEY `ix_conversation_states_persona_id` (`persona_id`)
  UNIQUE KEY `uq_conversation_states_conversation_id_owner_state_key` (`conversation_id`,`owner`,`state_key`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin
-- table conversations
CREATE TABLE `conversations` (
  `id` binary(16) NOT NULL
  `user_id` binary(16) DEFAULT NULL
  `persona_id` binary(16) DEFAULT NULL
  `title` varchar(512) DEFAULT NULL
  `provider_type` varchar(64) DEFAULT NULL
  `provider_config` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL CHECK (json_valid(`provider_config`))
  `created_at` datetime(6) NOT NULL
  `updated_at` datetime(6) NOT NULL
  PRIMARY KEY (`id`)
  CONSTRAINT `fk_conversations_persona_id` FOREIGN KEY (`persona_id`) REFERENCES `personas` (`id`) ON DELETE SET NULL
  CONSTRAINT `fk_conversations_user_id` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON DELETE CASCADE
  KEY `ix_conversations_persona_id` (`persona_id`)
  KEY `ix_conversations_user_id` (`user_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin
-- table database_versions
CREATE TABLE `database_versions` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT
  `version` varchar(100) NOT NULL
  `description` longtext DEFAULT NULL
  `applied_at` datetime(6) NOT NULL
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin
-- table generation_history
CREATE TABLE `generation_history` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT
  `prompt` longtext NOT NULL
  `response` longtext NOT NULL
  `model` varchar(255) DEFAULT NULL
  `parameters` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL CHECK (json_valid(`parameters`))
  `quality_score` double DEFAULT NULL
  `user_rating` smallint(6) DEFAULT NULL
  `created_at` datetime(6) NOT NULL
  PRIMARY KEY (`id`)
  CONSTRAINT `ck_generation_history_user_rating` CHECK (`user_rating` >= 1 and `user_rating` <= 5)
  KEY `ix_generation_history_model_id` (`model`,`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin
-- table markov_ngrams
CREATE TABLE `markov_ngrams` (
  `n` smallint(6) NOT NULL
  `context` varchar(31) NOT NULL
  `next_char` varchar(1) NOT NULL
  `count` bigint(20) NOT NULL
  `probability` double DEFAULT NULL
  PRIMARY KEY (`n`,`context`,`next_char`)
  CONSTRAINT `ck_markov_ngrams_count` CHECK (`count` >= 1)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin
-- table memory_collections
CREATE TABLE `memory_collections` (
  `name` varchar(64) NOT NULL
  `dimension` int(11) NOT NULL
  `created_at` datetime(6) NOT NULL
  PRIMARY KEY (`name`)
  CONSTRAINT `ck_memory_collections_dimension` CHECK (`dimension` >= 1)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin
-- table messages
CREATE TABLE `messages` (
  `id` binary(16) NOT NULL
  `conversation_id` binary(16) NOT NULL
  `sequence` bigint(20) NOT NULL
  `role` varchar(32) NOT NULL
  `content` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_uca1400_ai_ci NOT NULL
  `thinking` longtext DEFAULT NULL
  `extra_data` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL CHECK (json_valid(`extra_data`))
  `input_tokens` bigint(20) DEFAULT NULL
  `output_tokens` bigint(20) DEFAULT NULL
  `created_at` datetime(6) NOT NULL
  `updated_at` datetime(6) NOT NULL
  PRIMARY KEY (`id`)
  CONSTRAINT `fk_messages_conversation_id` FOREIGN KEY (`conversation_id`) REFERENCES `conversations` (`id`) ON DELETE CASCADE
  CONSTRAINT `ck_messages_sequence` CHECK (`sequence` >= 1)
  CONSTRAINT `ck_messages_input_tokens` CHECK (`input_tokens` >= 0)
  CONSTRAINT `ck_messages_output_tokens` CHECK (`output_tokens` >= 0)
  FULLTEXT KEY `ix_messages_search` (`content`)
  UNIQUE KEY `uq_messages_conversation_id_sequence` (`conversation_id`,`sequence`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin
-- table modules
CREATE TABLE `modules` (
  `id` binary(16) NOT NULL
  `name` varchar(255) DEFAULT NULL
  `type` varchar(64) NOT NULL
  `description` longtext DEFAULT NULL
  `trigger_pattern` longtext DEFAULT NULL
  `script` longtext DEFAULT NULL
  `content` longtext DEFAULT NULL
  `execution_context` varchar(16) NOT NULL
  `requires_ai_inference` tinyint(1) DEFAULT NULL
  `stage_priority` int(11) NOT NULL
  `created_at` datetime(6) NOT NULL
  `updated_at` datetime(6) NOT NULL
  PRIMARY KEY (`id`)
  CONSTRAINT `ck_modules_execution_context` CHECK (`execution_context` in ('IMMEDIATE','POST_RESPONSE','ON_DEMAND'))
  KEY `ix_modules_execution_context_stage_priority_id` (`execution_context`,`stage_priority`,`id`)
  UNIQUE KEY `uq_modules_name` (`name`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin
-- table neural_checkpoints
CREATE TABLE `neural_checkpoints` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT
  `epochs` int(11) NOT NULL
  `block_size` int(11) NOT NULL
  `path` varchar(1024) NOT NULL
  `notes` longtext DEFAULT NULL
  `loss` double DEFAULT NULL
  `accuracy` double DEFAULT NULL
  `is_best` tinyint(1) DEFAULT NULL
  `training_job_id` bigint(20) DEFAULT NULL
  `created_at` datetime(6) NOT NULL
  PRIMARY KEY (`id`)
  CONSTRAINT `fk_neural_checkpoints_training_job_id` FOREIGN KEY (`training_job_id`) REFERENCES `training_jobs` (`id`) ON DELETE CASCADE
  CONSTRAINT `ck_neural_checkpoints_epochs` CHECK (`epochs` >= 0)
  CONSTRAINT `ck_neural_checkpoints_block_size` CHECK (`block_size` >= 0)
  KEY `ix_neural_checkpoints_loss` (`loss`)
  KEY `ix_neural_checkpoints_training_job_id` (`training_job_id`)
  UNIQUE KEY `uq_neural_checkpoints_is_best_training_job_id` (`is_best`,`training_job_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin
-- table neural_configs
CREATE TABLE `neural_configs` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT
  `name` varchar(255) NOT NULL
  `config` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL CHECK (json_valid(`config`))
  `created_at` datetime(6) NOT NULL
  `updated_at` datetime(6) NOT NULL
  PRIMARY KEY (`id`)
  UNIQUE KEY `uq_neural_configs_name` (`name`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin
-- table orchestrator_decisions
CREATE TABLE `orchestrator_decisions` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT
  `orchestrator` varchar(255) NOT NULL
  `decision` varchar(255) NOT NULL
  `reason` longtext DEFAULT NULL
  `options` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL CHECK (json_valid(`options`))
  `confidence` double DEFAULT NULL
  `trace_id` varchar(32) DEFAULT NULL
  `at` datetime(6) NOT NULL
  `user_id` binary(16) DEFAULT NULL
  PRIMARY KEY (`id`)
  CONSTRAINT `fk_orchestrator_decisions_user_id` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON DELETE CASCADE
  KEY `ix_orchestrator_decisions_at` (`at`)
  KEY `ix_orchestrator_decisions_orchestrator_id` (`orchestrator`,`id`)
  KEY `ix_orchestrator_decisions_trace_id` (`trace_id`)
  KEY `ix_orchestrator_decisions_user_id` (`user_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin
-- table performance_metrics
CREATE TABLE `performance_metrics` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT
  `name` varchar(255) NOT NULL
  `value` double NOT NULL
  `unit` varchar(64) DEFAULT NULL
  `tags` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL CHECK (json_valid(`tags`))
  `at` datetime(6) NOT NULL
  `user_id` binary(16) DEFAULT NULL
  PRIMARY KEY (`id`)
  CONSTRAINT `fk_performance_metrics_user_id` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON DELETE CASCADE
  KEY `ix_performance_metrics_at` (`at`)
  KEY `ix_performance_metrics_name_id` (`name`,`id`)
  KEY `ix_performance_metrics_user_id` (`user_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin
-- table personas
CREATE TABLE `personas` (
  `id` binary(16) NOT NULL
  `name` varchar(255) NOT NULL
  `description` longtext DEFAULT NULL
  `system_prompt` longtext DEFAULT NULL
  `metadata` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL CHECK (json_valid(`metadata`))
  `created_at` datetime(6) NOT NULL
  `updated_at` datetime(6) NOT NULL
  PRIMARY KEY (`id`)
  UNIQUE KEY `uq_personas_name` (`name`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin
-- table plots
CREATE TABLE `plots` (
  `id` binary(16) NOT NULL
  `user_id` binary(16) DEFAULT NULL
  `session_id` binary(16) DEFAULT NULL
  `author_id` binary(16) DEFAULT NULL
  `title` varchar(500) NOT NULL
  `plot_summary` longtext DEFAULT NULL
  `genre` varchar(255) DEFAULT NULL
  `subgenre` varchar(255) DEFAULT NULL
  `microgenre` varchar(255) DEFAULT NULL
  `trope` varchar(255) DEFAULT NULL
  `tone` varchar(255) DEFAULT NULL
  `target_audience` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL CHECK (json_valid(`target_audience`))
  `created_at` datetime(6) NOT NULL
  `updated_at` datetime(6) NOT NULL
  PRIMARY KEY (`id`)
  CONSTRAINT `fk_plots_author_id` FOREIGN KEY (`author_id`) REFERENCES `authors` (`id`) ON DELETE SET NULL
  CONSTRAINT `fk_plots_session_id` FOREIGN KEY (`session_id`) REFERENCES `sessions` (`id`) ON DELETE SET NULL
  CONSTRAINT `fk_plots_user_id` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON DELETE CASCADE
  KEY `ix_plots_author_id` (`author_id`)
  KEY `ix_plots_session_id` (`session_id`)
  KEY `ix_plots_user_id_id` (`user_id`,`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin
-- table sessions
CREATE TABLE `sessions` (
  `id` binary(16) NOT NULL
  `user_id` binary(16) DEFAULT NULL
  `title` varchar(500) DEFAULT NULL
  `status` varchar(16) NOT NULL
  `metadata` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL CHECK (json_valid(`metadata`))
  `created_at` datetime(6) NOT NULL
  `updated_at` datetime(6) NOT NULL
  PRIMARY KEY (`id`)
  CONSTRAINT `fk_sessions_user_id` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON DELETE CASCADE
  CONSTRAINT `ck_sessions_status` CHECK (`status` in ('active','completed','archived'))
  KEY `ix_sessions_user_id_id` (`user_id`,`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin
-- table text_corpora
CREATE TABLE `text_corpora` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT
  `title` varchar(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_uca1400_ai_ci DEFAULT NULL
  `content` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_uca1400_ai_ci NOT NULL
  `source` varchar(512) DEFAULT NULL
  `metadata` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL CHECK (json_valid(`metadata`))
  `word_count` bigint(20) NOT NULL
  `char_count` bigint(20) NOT NULL
  `created_at` datetime(6) NOT NULL
  PRIMARY KEY (`id`)
  FULLTEXT KEY `ix_text_corpora_search` (`title`,`content`)
  KEY `ix_text_corpora_source` (`source`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin
-- table trace_events
CREATE TABLE `trace_events` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT
  `trace_id` varchar(32) NOT NULL
  `span_id` varchar(16) NOT NULL
  `parent_span_id` varchar(16) DEFAULT NULL
  `name` varchar(255) NOT NULL
  `kind` varchar(16) NOT NULL
  `start` datetime(6) NOT NULL
  `start_ns` smallint(6) NOT NULL
  `end` datetime(6) NOT NULL
  `end_ns` smallint(6) NOT NULL
  `status` varchar(16) NOT NULL
  `status_message` longtext DEFAULT NULL
  `attributes` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL CHECK (json_valid(`attributes`))
  `events` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL CHECK (json_valid(`events`))
  `links` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL CHECK (json_valid(`links`))
  `resource` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL CHECK (json_valid(`resource`))
  `scope` varchar(255) DEFAULT NULL
  `user_id` binary(16) DEFAULT NULL
  PRIMARY KEY (`id`)
  CONSTRAINT `fk_trace_events_user_id` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON DELETE CASCADE
  CONSTRAINT `ck_trace_events_kind` CHECK (`kind` in ('internal','server','client','producer','consumer'))
  CONSTRAINT `ck_trace_events_status` CHECK (`status` in ('unset','ok','error'))
  CONSTRAINT `ck_trace_events_start_ns` CHECK (`start_ns` >= 0 and `start_ns` <= 999)
  CONSTRAINT `ck_trace_events_end_ns` CHECK (`end_ns` >= 0 and `end_ns` <= 999)
  KEY `ix_trace_events_name_id` (`name`,`id`)
  KEY `ix_trace_events_start` (`start`)
  KEY `ix_trace_events_user_id` (`user_id`)
  UNIQUE KEY `uq_trace_events_trace_id_span_id` (`trace_id`,`span_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin
-- table training_jobs
CREATE TABLE `training_jobs` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT
  `job_id` varchar(64) NOT NULL
  `status` varchar(16) NOT NULL
  `progress` double NOT NULL
  `message` longtext DEFAULT NULL
  `error` longtext DEFAULT NULL
  `neural_config_id` bigint(20) DEFAULT NULL
  `text_corpus_id` bigint(20) DEFAULT NULL
  `started_at` datetime(6) DEFAULT NULL
  `completed_at` datetime(6) DEFAULT NULL
  `created_at` datetime(6) NOT NULL
  `updated_at` datetime(6) NOT NULL
  `queue` varchar(64) NOT NULL DEFAULT 'default'
  `priority` bigint(20) NOT NULL DEFAULT 0
  `turn` bigint(20) NOT NULL DEFAULT 0
  `not_before` datetime(6) DEFAULT NULL
  `attempts` bigint(20) NOT NULL DEFAULT 0
  `max_attempts` bigint(20) NOT NULL DEFAULT 3
  `worker` varchar(255) DEFAULT NULL
  `token` bigint(20) NOT NULL DEFAULT 0
  `lease_until` datetime(6) DEFAULT NULL
  PRIMARY KEY (`id`)
  CONSTRAINT `fk_training_jobs_neural_config_id` FOREIGN KEY (`neural_config_id`) REFERENCES `neural_configs` (`id`) ON DELETE CASCADE
  CONSTRAINT `fk_training_jobs_text_corpus_id` FOREIGN KEY (`text_corpus_id`) REFERENCES `text_corpora` (`id`) ON DELETE SET NULL
  CONSTRAINT `ck_training_jobs_status` CHECK (`status` in ('pending','running','completed','failed','cancelled'))
  CONSTRAINT `ck_training_jobs_progress` CHECK (`progress` >= 0 and `progress` <= 100)
  KEY `ix_training_jobs_neural_config_id` (`neural_config_id`)
  KEY `ix_training_jobs_status_id` (`status`,`id`)
  KEY `ix_training_jobs_status_queue_turn_id_not_before` (`status`,`queue`,`turn`,`id`,`not_before`)
  KEY `ix_training_jobs_text_corpus_id` (`text_corpus_id`)
  UNIQUE KEY `uq_training_jobs_job_id` (`job_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin
-- table users
CREATE TABLE `users` (
  `id` binary(16) NOT NULL
  `username` varchar(255) DEFAULT NULL
  `email` varchar(320) DEFAULT NULL
  `metadata` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL CHECK (json_valid(`metadata`))
  `created_at` datetime(6) NOT NULL
  `updated_at` datetime(6) NOT NULL
  PRIMARY KEY (`id`)
  UNIQUE KEY `uq_users_email` (`email`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin
-- table workflow_history
CREATE TABLE `workflow_history` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT
  `workflow_id` bigint(20) NOT NULL
  `status` varchar(16) NOT NULL
  `step` varchar(255) DEFAULT NULL
  `message` longtext DEFAULT NULL
  `created_at` datetime(6) NOT NULL
  PRIMARY KEY (`id`)
  CONSTRAINT `fk_workflow_history_workflow_id` FOREIGN KEY (`workflow_id`) REFERENCES `workflow_states` (`id`) ON DELETE CASCADE
  KEY `ix_workflow_history_workflow_id` (`workflow_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin
-- table workflow_states
CREATE TABLE `workflow_states` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT
  `workflow_name` varchar(255) NOT NULL
  `status` varchar(16) NOT NULL
  `current_step` varchar(255) DEFAULT NULL
  `data` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL CHECK (json_valid(`data`))
  `error_message` longtext DEFAULT NULL
  `completed_at` datetime(6) DEFAULT NULL
  `created_at` datetime(6) NOT NULL
  `updated_at` datetime(6) NOT NULL
  PRIMARY KEY (`id`)
  CONSTRAINT `ck_workflow_states_status` CHECK (`status` in ('pending','running','completed','failed'))
  KEY `ix_workflow_states_status_id` (`status`,`id`)
  KEY `ix_workflow_states_workflow_name_id` (`workflow_name`,`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin
-- table world_building
CREATE TABLE `world_building` (
  `id` binary(16) NOT NULL
  `user_id` binary(16) DEFAULT NULL
  `plot_id` binary(16) DEFAULT NULL
  `world_name` varchar(255) NOT NULL
  `world_type` varchar(255) DEFAULT NULL
  `overview` longtext DEFAULT NULL
  `geography` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL CHECK (json_valid(`geography`))
  `political_landscape` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL CHECK (json_valid(`political_landscape`))
  `cultural_systems` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL CHECK (json_valid(`cultural_systems`))
  `economic_framework` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL CHECK (json_valid(`economic_framework`))
  `historical_timeline` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL CHECK (json_valid(`historical_timeline`))
  `power_systems` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL CHECK (json_valid(`power_systems`))
  `languages_and_communication` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL CHECK (json_valid(`languages_and_communication`))
  `religious_and_belief_systems` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL CHECK (json_valid(`religious_and_belief_systems`))
  `unique_elements` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL CHECK (json_valid(`unique_elements`))
  `created_at` datetime(6) NOT NULL
  `updated_at` datetime(6) NOT NULL
  PRIMARY KEY (`id`)
  CONSTRAINT `fk_world_building_plot_id` FOREIGN KEY (`plot_id`) REFERENCES `plots` (`id`) ON DELETE CASCADE
  CONSTRAINT `fk_world_building_user_id` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON DELETE CASCADE
  KEY `ix_world_building_plot_id` (`plot_id`)
  KEY `ix_world_building_user_id_id` (`user_id`,`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin
