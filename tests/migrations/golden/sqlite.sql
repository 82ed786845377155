-- index ix_accuracy_metrics_metric_type_id
CREATE INDEX ix_accuracy_metrics_metric_type_id ON accuracy_metrics (metric_type, id)
-- index ix_accuracy_metrics_model_checkpoint_id
CREATE INDEX ix_accuracy_metrics_model_checkpoint_id ON accuracy_metrics (model_checkpoint_id)
-- index ix_accuracy_metrics_training_job_id
CREATE INDEX ix_accuracy_metrics_training_job_id ON accuracy_metrics (training_job_id)
-- index ix_agent_invocations_agent_id
CREATE INDEX ix_agent_invocations_agent_id ON agent_invocations (agent, id)
-- index ix_agent_invocations_at
CREATE INDEX ix_agent_invocations_at ON agent_invocations (at)
-- index ix_agent_invocations_trace_id
CREATE INDEX ix_agent_invocations_trace_id ON agent_invocations (trace_id)
-- index ix_agent_invocations_user_id
CREATE INDEX ix_agent_invocations_user_id ON agent_invocations (user_id)
-- index ix_authors_session_id
CREATE INDEX ix_authors_session_id ON authors (session_id)
-- index ix_authors_user_id_id
CREATE INDEX ix_authors_user_id_id ON authors (user_id, id)
-- index ix_characters_plot_id
CREATE INDEX ix_characters_plot_id ON characters (plot_id)
-- index ix_characters_user_id_id
CREATE INDEX ix_characters_user_id_id ON characters (user_id, id)
-- index ix_conversation_memory_conversation_id
CREATE INDEX ix_conversation_memory_conversation_id ON conversation_memory (conversation_id)
-- index ix_conversation_memory_first_message_id
CREATE INDEX ix_conversation_memory_first_message_id ON conversation_memory (first_message_id)
-- index ix_conversation_memory_persona_id
CREATE INDEX ix_conversation_memory_persona_id ON conversation_memory (persona_id)
-- index ix_conversation_states_module_id
CREATE INDEX ix_conversation_states_module_id ON conversation_states (module_id)
-- index ix_conversation_states_persona_id
CREATE INDEX ix_conversation_states_persona_id ON conversation_states (persona_id)
-- index ix_conversations_persona_id
CREATE INDEX ix_conversations_persona_id ON conversations (persona_id)
-- index ix_conversations_user_id
CREATE INDEX ix_conversations_user_id ON conversations (user_id)
-- index ix_generation_history_model_id
CREATE INDEX ix_generation_history_model_id ON generation_history (model, id)
-- index ix_modules_execution_context_stage_priority_id
CREATE INDEX ix_modules_execution_context_stage_priority_id ON modules (execution_context, stage_priority, id)
-- index ix_neural_checkpoints_loss
CREATE INDEX ix_neural_checkpoints_loss ON neural_checkpoints (loss)
-- index ix_neural_checkpoints_training_job_id
CREATE INDEX ix_neural_checkpoints_training_job_id ON neural_checkpoints (training_job_id)
-- index ix_orchestrator_decisions_at
CREATE INDEX ix_orchestrator_decisions_at ON orchestrator_decisions (at)
-- index ix_orchestrator_decisions_orchestrator_id
CREATE INDEX ix_orchestrator_decisions_orchestrator_id ON orchestrator_decisions (orchestrator, id)
-- index ix_orchestrator_decisions_trace_id
CREATE INDEX ix_orchestrator_decisions_trace_id ON orchestrator_decisions (trace_id)
-- index ix_orchestrator_decisions_user_id
CREATE INDEX ix_orchestrator_decisions_user_id ON orchestrator_decisions (user_id)
-- index ix_performance_metrics_at
CREATE INDEX ix_performance_metrics_at ON performance_metrics (at)
-- index ix_performance_metrics_name_id
CREATE INDEX ix_performance_metrics_name_id ON performance_metrics (name, id)
-- index ix_performance_metrics_user_id
CREATE INDEX ix_performance_metrics_user_id ON performance_metrics (user_id)
-- index ix_plots_author_id
CREATE INDEX ix_plots_author_id ON plots (author_id)
-- index ix_plots_session_id
CREATE INDEX ix_plots_session_id ON plots (session_id)
-- index ix_plots_user_id_id
CREATE INDEX ix_plots_user_id_id ON plots (user_id, id)
-- index ix_sessions_user_id_id
CREATE INDEX ix_sessions_user_id_id ON sessions (user_id, id)
-- index ix_text_corpora_source
CREATE INDEX ix_text_corpora_source ON text_corpora (source)
-- index ix_trace_events_name_id
CREATE INDEX ix_trace_events_name_id ON trace_events (name, id)
-- index ix_trace_events_start
CREATE INDEX ix_trace_events_start ON trace_events (start)
-- index ix_trace_events_user_id
CREATE INDEX ix_trace_events_user_id ON trace_events (user_id)
-- index ix_training_jobs_neural_config_id
CREATE INDEX ix_training_jobs_neural_config_id ON training_jobs (neural_config_id)
-- index ix_training_jobs_status_id
CREATE INDEX ix_training_jobs_status_id ON training_jobs (status, id)
-- index ix_training_jobs_status_queue_turn_id_not_before
CREATE INDEX ix_training_jobs_status_queue_turn_id_not_before ON training_jobs (status, queue, turn, id, not_before) WHERE status = 'pending'
-- index ix_training_jobs_text_corpus_id
CREATE INDEX ix_training_jobs_text_corpus_id ON training_jobs (text_corpus_id)
-- index ix_workflow_history_workflow_id
CREATE INDEX ix_workflow_history_workflow_id ON workflow_history (workflow_id)
-- index ix_workflow_states_status_id
CREATE INDEX ix_workflow_states_status_id ON workflow_states (status, id)
-- index ix_workflow_states_workflow_name_id
CREATE INDEX ix_workflow_states_workflow_name_id ON workflow_states (workflow_name, id)
-- index ix_world_building_plot_id
CREATE INDEX ix_world_building_plot_id ON world_building (plot_id)
-- index ix_world_building_user_id_id
CREATE INDEX ix_world_building_user_id_id ON world_building (user_id, id)
-- index sqlite_autoindex_agent_versions_1
agent_versions
-- index sqlite_autoindex_agent_versions_2
agent_versions
-- index sqlite_autoindex_alembic_version_1
alembic_version
-- index sqlite_autoindex_articles_1
articles
-- index sqlite_autoindex_articles_fts_keys_1
articles_fts_keys
-- index sqlite_autoindex_authors_1
authors
-- index sqlite_autoindex_characters_1
characters
-- index sqlite_autoindex_conversation_memory_1
conversation_memory
-- index sqlite_autoindex_conversation_states_1
conversation_states
-- index sqlite_autoindex_conversation_states_2
conversation_states
-- index sqlite_autoindex_conversations_1
conversations
-- index sqlite_autoindex_memory_collections_1
memory_collections
-- index sqlite_autoindex_messages_1
messages
-- index sqlite_autoindex_messages_2
messages
-- index sqlite_autoindex_messages_fts_keys_1
messages_fts_keys
-- index sqlite_autoindex_modules_1
modules
-- index sqlite_autoindex_modules_2
modules
-- index sqlite_autoindex_neural_checkpoints_1
neural_checkpoints
-- index sqlite_autoindex_neural_configs_1
neural_configs
-- index sqlite_autoindex_personas_1
personas
-- index sqlite_autoindex_personas_2
personas
-- index sqlite_autoindex_plots_1
plots
-- index sqlite_autoindex_sessions_1
sessions
-- index sqlite_autoindex_trace_events_1
trace_events
-- index sqlite_autoindex_training_jobs_1
training_jobs
-- index sqlite_autoindex_users_1
users
-- index sqlite_autoindex_users_2
users
-- index sqlite_autoindex_world_building_1
world_building
-- table accuracy_metrics
CREATE TABLE accuracy_metrics (
    id INTEGER NOT NULL,
    metric_type VARCHAR(100) NOT NULL,
    value DOUBLE NOT NULL,
    step BIGINT,
    metadata JSON,
    model_checkpoint_id INTEGER,
    training_job_id INTEGER,
    created_at DATETIME NOT NULL,
    CONSTRAINT pk_accuracy_metrics PRIMARY KEY (id),
    CONSTRAINT fk_accuracy_metrics_model_checkpoint_id FOREIGN KEY(model_checkpoint_id) REFERENCES neural_checkpoints (id) ON DELETE CASCADE,
    CONSTRAINT fk_accuracy_metrics_training_job_id FOREIGN KEY(training_job_id) REFERENCES training_jobs (id) ON DELETE CASCADE
)
-- table agent_invocations
CREATE TABLE agent_invocations (
    id INTEGER NOT NULL,
    agent VARCHAR(255) NOT NULL,
    input_digest VARCHAR(128),
    output_digest VARCHAR(128),
    input_tokens BIGINT,
    output_tokens BIGINT,
    cost BIGINT,
    latency DOUBLE,
    status VARCHAR(16) NOT NULL,
    error TEXT,
    trace_id VARCHAR(32),
    at DATETIME NOT NULL,
    user_id BLOB,
    CONSTRAINT pk_agent_invocations PRIMARY KEY (id),
    CONSTRAINT ck_agent_invocations_status CHECK (status IN ('ok', 'error')),
    CONSTRAINT ck_agent_invocations_input_tokens CHECK (input_tokens >= 0),
    CONSTRAINT ck_agent_invocations_output_tokens CHECK (output_tokens >= 0),
    CONSTRAINT fk_agent_invocations_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
)
-- table agent_versions
CREATE TABLE agent_versions (
    id INTEGER NOT NULL,
    agent_name VARCHAR(255) NOT NULL,
    version VARCHAR(100) NOT NULL,
    code TEXT NOT NULL,
    description TEXT,
    created_by VARCHAR(255),
    is_active BOOLEAN,
    created_at DATETIME NOT NULL,
    CONSTRAINT pk_agent_versions PRIMARY KEY (id),
    CONSTRAINT uq_agent_versions_agent_name_version UNIQUE (agent_name, version),
    CONSTRAINT uq_agent_versions_agent_name_is_active UNIQUE (agent_name, is_active)
)
-- table alerts
CREATE TABLE alerts (
    id INTEGER NOT NULL,
    title VARCHAR(512) NOT NULL,
    message TEXT NOT NULL,
    source_url VARCHAR(2048),
    created_at DATETIME NOT NULL,
    CONSTRAINT pk_alerts PRIMARY KEY (id)
)
-- table articles
CREATE TABLE articles (
    id VARCHAR(255) NOT NULL,
    url VARCHAR(2048),
    title VARCHAR(512),
    content TEXT NOT NULL,
    created_at DATETIME NOT NULL,
    CONSTRAINT pk_articles PRIMARY KEY (id)
)
-- table articles_fts
CREATE VIRTUAL TABLE articles_fts USING fts5(
    title, content, content='articles_fts_rows', content_rowid='rowid', tokenize="unicode61 remove_diacritics 0 categories 'L* N* Mn Mc' tokenchars '_' separators '⁦⁧⁨⁩₺₻₼₽₾₿⃀⏴⏵⏶⏷⏸⏹⏺⏻⏼⏽⏾⏿✀⭍⭎⭏⭐⭑⭒⭓⭔⭕⭖⭗⭘⭙⭚⭛⭜⭝⭞⭟⭠⭡⭢⭣⭤⭥⭦⭧⭨⭩⭪⭫⭬⭭⭮⭯⭰⭱⭲⭳⭴⭵⭶⭷⭸⭹⭺⭻⭼⭽⭾⭿⮀⮁⮂⮃⮄⮅⮆⮇⮈⮉⮊⮋⮌⮍⮎⮏⮐⮑⮒⮓⮔⮕⮖⮗⮘⮙⮚⮛⮜⮝⮞⮟⮠⮡⮢⮣⮤⮥⮦⮧⮨⮩⮪⮫⮬⮭⮮⮯⮰⮱⮲⮳⮴⮵⮶⮷⮸⮹⮺⮻⮼⮽⮾⮿⯀⯁⯂⯃⯄⯅⯆⯇⯈⯉⯊⯋⯌⯍⯎⯏⯐⯑⯒⯓⯔⯕⯖⯗⯘⯙⯚⯛⯜⯝⯞⯟⯠⯡⯢⯣⯤⯥⯦⯧⯨⯩⯪⯫⯬⯭⯮⯯⯰⯱⯲⯳⯴⯵⯶⯷⯸⯹⯺⯻⯼⯽⯾⯿⸼⸽⸾⸿⹀⹁⹂⹃⹄⹅⹆⹇⹈⹉⹊⹋⹌⹍⹎⹏⹐⹑⹒⹓⹔⹕⹖⹗⹘⹙⹚⹛⹜⹝︀︁︂︃︄︅︆︇︈︉︊︋︌︍︎️🂿🃀🃁🃂🃃🃄🃅🃆🃇🃈🃉🃊🃋🃌🃍🃎🃏🃐🃑🃒🃓🃔🃕🃖🃗🃘🃙🃚🃛🃜🃝🃞🃟🃠🃡🃢🃣🃤🃥🃦🃧🃨🃩🃪🃫🃬🃭🃮🃯🃰🃱🃲🃳🃴🃵🄍🄎🄏🄐🄑🄒🄓🄔🄕🄖🄗🄘🄙🄚🄛🄜🄝🄞🄟🄠🄡🄢🄣🄤🄥🄦🄧🄨🄩🄪🄫🄬🄭🄮🄯🄰🄱🄲🄳🄴🄵🄶🄷🄸🄹🄺🄻🄼🄽🄾🄿🅀🅁🅂🅃🅄🅅🅆🅇🅈🅉🅊🅋🅌🅍🅎🅏🅐🅑🅒🅓🅔🅕🅖🅗🅘🅙🅚🅛🅜🅝🅞🅟🅠🅡🅢🅣🅤🅥🅦🅧🅨🅩🅪🅫🅬🅭🅮🅯🅰🅱🅲🅳🅴🅵🅶🅷🅸🅹🅺🅻🅼🅽🅾🅿🆀🆁🆂🆃🆄🆅🆆🆇🆈🆉🆊🆋🆌🆍🆎🆏🆐🆑🆒🆓🆔🆕🆖🆗🆘🆙🆚🆛🆜🆝🆞🆟🆠🆡🆢🆣🆤🆥🆦🆧🆨🆩🆪🆫🆬🆭🆮🆯🆰🆱🆲🆳🆴🆵🆶🆷🆸🆹🆺🆻🆼🆽🆾🆿🇀🇁🇂🇃🇄🇅🇆🇇🇈🇉🇊🇋🇌🇍🇎🇏🇐🇑🇒🇓🇔🇕🇖🇗🇘🇙🇚🇛🇜🇝🇞🇟🇠🇡🇢🇣🇤🇥🇦🇧🇨🇩🇪🇫🇬🇭🇮🇯🇰🇱🇲🇳🇴🇵🇶🇷🇸🇹🇺🇻🇼🇽🇾🇿🈀🈁🈂🈃🈄🈅🈆🈇🈈🈉🈊🈋🈌🈍🈎🈏🈐🈑🈒🈓🈔🈕🈖🈗🈘🈙🈚🈛🈜🈝🈞🈟🈠🈡🈢🈣🈤🈥🈦🈧🈨🈩🈪🈫🈬🈭🈮🈯🈰🈱🈲🈳🈴🈵🈶🈷🈸🈹🈺🈻🈼🈽🈾🈿🉀🉁🉂🉃🉄🉅🉆🉇🉈🉉🉊🉋🉌🉍🉎🉏🉐🉑🉒🉓🉔🉕🉖🉗🉘🉙🉚🉛🉜🉝🉞🉟🉠🉡🉢🉣🉤🉥🉦🉧🉨🉩🉪🉫🉬🉭🉮🉯🉰🉱🉲🉳🉴🉵🉶🉷🉸🉹🉺🉻🉼🉽🉾🉿🊀🊁🊂🊃🊄🊅🊆🊇🊈🊉🊊🊋🊌🊍🊎🊏🊐🊑🊒🊓🊔🊕🊖🊗🊘🊙🊚🊛🊜🊝🊞🊟🊠🊡🊢🊣🊤🊥🊦🊧🊨🊩🊪🊫🊬🊭🊮🊯🊰🊱🊲🊳🊴🊵🊶🊷🊸🊹🊺🊻🊼🊽🊾🊿🋀🋁🋂🋃🋄🋅🋆🋇🋈🋉🋊🋋🋌🋍🋎🋏🋐🋑🋒🋓🋔🋕🋖🋗🋘🋙🋚🋛🋜🋝🋞🋟🋠🋡🋢🋣🋤🋥🋦🋧🋨🋩🋪🋫🋬🋭🋮🋯🋰🋱🋲🋳🋴🋵🋶🋷🋸🋹🋺🋻🋼🋽🋾🋿🌀🌁🌂🌃🌄🌅🌆🌇🌈🌉🌊🌋🌌🌍🌎🌏🌐🌑🌒🌓🌔🌕🌖🌗🌘🌙🌚🌛🌜🌝🌞🌟🌠🌡🌢🌣🌤🌥🌦🌧🌨🌩🌪🌫🌬🌭🌮🌯🌰🌱🌲🌳🌴🌵🌶🌷🌸🌹🌺🌻🌼🌽🌾🌿🍀🍁🍂🍃🍄🍅🍆🍇🍈🍉🍊🍋🍌🍍🍎🍏🍐🍑🍒🍓🍔🍕🍖🍗🍘🍙🍚🍛🍜🍝🍞🍟🍠🍡🍢🍣🍤🍥🍦🍧🍨🍩🍪🍫🍬🍭🍮🍯🍰🍱🍲🍳🍴🍵🍶🍷🍸🍹🍺🍻🍼🍽🍾🍿🎀🎁🎂🎃🎄🎅🎆🎇🎈🎉🎊🎋🎌🎍🎎🎏🎐🎑🎒🎓🎔🎕🎖🎗🎘🎙🎚🎛🎜🎝🎞🎟🎠🎡🎢🎣🎤🎥🎦🎧🎨🎩🎪🎫🎬🎭🎮🎯🎰🎱🎲🎳🎴🎵🎶🎷🎸🎹🎺🎻🎼🎽🎾🎿🏀🏁🏂🏃🏄🏅🏆🏇🏈🏉🏊🏋🏌🏍🏎🏏🏐🏑🏒🏓🏔🏕🏖🏗🏘🏙🏚🏛🏜🏝🏞🏟🏠🏡🏢🏣🏤🏥🏦🏧🏨🏩🏪🏫🏬🏭🏮🏯🏰🏱🏲🏳🏴🏵🏶🏷🏸🏹🏺🏻🏼🏽🏾🏿🐀🐁🐂🐃🐄🐅🐆🐇🐈🐉🐊🐋🐌🐍🐎🐏🐐🐑🐒🐓🐔🐕🐖🐗🐘🐙🐚🐛🐜🐝🐞🐟🐠🐡🐢🐣🐤🐥🐦🐧🐨🐩🐪🐫🐬🐭🐮🐯🐰🐱🐲🐳🐴🐵🐶🐷🐸🐹🐺🐻🐼🐽🐾🐿👀👁👂👃👄👅👆👇👈👉👊👋👌👍👎👏👐👑👒👓👔👕👖👗👘👙👚👛👜👝👞👟👠👡👢👣👤👥👦👧👨👩👪👫👬👭👮👯👰👱👲👳👴👵👶👷👸👹👺👻👼👽👾👿💀💁💂💃💄💅💆💇💈💉💊💋💌💍💎💏💐💑💒💓💔💕💖💗💘💙💚💛💜💝💞💟💠💡💢💣💤💥💦💧💨💩💪💫💬💭💮💯💰💱💲💳💴💵💶💷💸💹💺💻💼💽💾💿📀📁📂📃📄📅📆📇📈📉📊📋📌📍📎📏📐📑📒📓📔📕📖📗📘📙📚📛📜📝📞📟📠📡📢📣📤📥📦📧📨📩📪📫📬📭📮📯📰📱📲📳📴📵📶📷📸📹📺📻📼📽📾📿🔀🔁🔂🔃🔄🔅🔆🔇🔈🔉🔊🔋🔌🔍🔎🔏🔐🔑🔒🔓🔔🔕🔖🔗🔘🔙🔚🔛🔜🔝🔞🔟🔠🔡🔢🔣🔤🔥🔦🔧🔨🔩🔪🔫🔬🔭🔮🔯🔰🔱🔲🔳🔴🔵🔶🔷🔸🔹🔺🔻🔼🔽🔾🔿🕀🕁🕂🕃🕄🕅🕆🕇🕈🕉🕊🕋🕌🕍🕎🕏🕐🕑🕒🕓🕔🕕🕖🕗🕘🕙🕚🕛🕜🕝🕞🕟🕠🕡🕢🕣🕤🕥🕦🕧🕨🕩🕪🕫🕬🕭🕮🕯🕰🕱🕲🕳🕴🕵🕶🕷🕸🕹🕺🕻🕼🕽🕾🕿🖀🖁🖂🖃🖄🖅🖆🖇🖈🖉🖊🖋🖌🖍🖎🖏🖐🖑🖒🖓🖔🖕🖖🖗🖘🖙🖚🖛🖜🖝🖞🖟🖠🖡🖢🖣🖤🖥🖦🖧🖨🖩🖪🖫🖬🖭🖮🖯🖰🖱🖲🖳🖴🖵🖶🖷🖸🖹🖺🖻🖼🖽🖾🖿🗀🗁🗂🗃🗄🗅🗆🗇🗈🗉🗊🗋🗌🗍🗎🗏🗐🗑🗒🗓🗔🗕🗖🗗🗘🗙🗚🗛🗜🗝🗞🗟🗠🗡🗢🗣🗤🗥🗦🗧🗨🗩🗪🗫🗬🗭🗮🗯🗰🗱🗲🗳🗴🗵🗶🗷🗸🗹🗺🗻🗼🗽🗾🗿😀😁😂😃😄😅😆😇😈😉😊😋😌😍😎😏😐😑😒😓😔😕😖😗😘😙😚😛😜😝😞😟😠😡😢😣😤😥😦😧😨😩😪😫😬😭😮😯😰😱😲😳😴😵😶😷😸😹😺😻😼😽😾😿🙀🙁🙂🙃🙄🙅🙆🙇🙈🙉🙊🙋🙌🙍🙎🙏🙐🙑🙒🙓🙔🙕🙖🙗🙘🙙🙚🙛🙜🙝🙞🙟🙠🙡🙢🙣🙤🙥🙦🙧🙨🙩🙪🙫🙬🙭🙮🙯🙰🙱🙲🙳🙴🙵🙶🙷🙸🙹🙺🙻🙼🙽🙾🙿🚀🚁🚂🚃🚄🚅🚆🚇🚈🚉🚊🚋🚌🚍🚎🚏🚐🚑🚒🚓🚔🚕🚖🚗🚘🚙🚚🚛🚜🚝🚞🚟🚠🚡🚢🚣🚤🚥🚦🚧🚨🚩🚪🚫🚬🚭🚮🚯🚰🚱🚲🚳🚴🚵🚶🚷🚸🚹🚺🚻🚼🚽🚾🚿🛀🛁🛂🛃🛄🛅🛆🛇🛈🛉🛊🛋🛌🛍🛎🛏🛐🛑🛒🛓🛔🛕🛖🛗🛘🛙🛚🛛🛜🛝🛞🛟🛠🛡🛢🛣🛤🛥🛦🛧🛨🛩🛪🛫🛬🛭🛮🛯🛰🛱🛲🛳🛴🛵🛶🛷🛸🛹🛺🛻🛼🛽🛾🛿🜀🜁🜂🜃🜄🜅🜆🜇🜈🜉🜊🜋🜌🜍🜎🜏🜐🜑🜒🜓🜔🜕🜖🜗🜘🜙🜚🜛🜜🜝🜞🜟🜠🜡🜢🜣🜤🜥🜦🜧🜨🜩🜪🜫🜬🜭🜮🜯🜰🜱🜲🜳🜴🜵🜶🜷🜸🜹🜺🜻🜼🜽🜾🜿🝀🝁🝂🝃🝄🝅🝆🝇🝈🝉🝊🝋🝌🝍🝎🝏🝐🝑🝒🝓🝔🝕🝖🝗🝘🝙🝚🝛🝜🝝🝞🝟🝠🝡🝢🝣🝤🝥🝦🝧🝨🝩🝪🝫🝬🝭🝮🝯🝰🝱🝲🝳🝴🝵🝶🝷🝸🝹🝺🝻🝼🝽🝾🝿🞀🞁🞂🞃🞄🞅🞆🞇🞈🞉🞊🞋🞌🞍🞎🞏🞐🞑🞒🞓🞔🞕🞖🞗🞘🞙🞚🞛🞜🞝🞞🞟🞠🞡🞢🞣🞤🞥🞦🞧🞨🞩🞪🞫🞬🞭🞮🞯🞰🞱🞲🞳🞴🞵🞶🞷🞸🞹🞺🞻🞼🞽🞾🞿🟀🟁🟂🟃🟄🟅🟆🟇🟈🟉🟊🟋🟌🟍🟎🟏🟐🟑🟒🟓🟔🟕🟖🟗🟘🟙🟚🟛🟜🟝🟞🟟🟠🟡🟢🟣🟤🟥🟦🟧🟨🟩🟪🟫🟬🟭🟮🟯🟰🟱🟲🟳🟴🟵🟶🟷🟸🟹🟺🟻🟼🟽🟾🟿🠀🠁🠂🠃🠄🠅🠆🠇🠈🠉🠊🠋🠌🠍🠎🠏🠐🠑🠒🠓🠔🠕🠖🠗🠘🠙🠚🠛🠜🠝🠞🠟🠠🠡🠢🠣🠤🠥🠦🠧🠨🠩🠪🠫🠬🠭🠮🠯🠰🠱🠲🠳🠴🠵🠶🠷🠸🠹🠺🠻🠼🠽🠾🠿🡀🡁🡂🡃🡄🡅🡆🡇🡈🡉🡊🡋🡌🡍🡎🡏🡐🡑🡒🡓🡔🡕🡖🡗🡘🡙🡚🡛🡜🡝🡞🡟🡠🡡🡢🡣🡤🡥🡦🡧🡨🡩🡪🡫🡬🡭🡮🡯🡰🡱🡲🡳🡴🡵🡶🡷🡸🡹🡺🡻🡼🡽🡾🡿🢀🢁🢂🢃🢄🢅🢆🢇🢈🢉🢊🢋🢌🢍🢎🢏🢐🢑🢒🢓🢔🢕🢖🢗🢘🢙🢚🢛🢜🢝🢞🢟🢠🢡🢢🢣🢤🢥🢦🢧🢨🢩🢪🢫🢬🢭🢮🢯🢰🢱🢲🢳🢴🢵🢶🢷🢸🢹🢺🢻🢼🢽🢾🢿🣀🣁🣂🣃🣄🣅🣆🣇🣈🣉🣊🣋🣌🣍🣎🣏🣐🣑🣒🣓🣔🣕🣖🣗🣘🣙🣚🣛🣜🣝🣞🣟🣠🣡🣢🣣🣤🣥🣦🣧🣨🣩🣪🣫🣬🣭🣮🣯🣰🣱🣲🣳🣴🣵🣶🣷🣸🣹🣺🣻🣼🣽🣾🣿🤀🤁🤂🤃🤄🤅🤆🤇🤈🤉🤊🤋🤌🤍🤎🤏🤐🤑🤒🤓🤔🤕🤖🤗🤘🤙🤚🤛🤜🤝🤞🤟🤠🤡🤢🤣🤤🤥🤦🤧🤨🤩🤪🤫🤬🤭🤮🤯🤰🤱🤲🤳🤴🤵🤶🤷🤸🤹🤺🤻🤼🤽🤾🤿🥀🥁🥂🥃🥄🥅🥆🥇🥈🥉🥊🥋🥌🥍🥎🥏🥐🥑🥒🥓🥔🥕🥖🥗🥘🥙🥚🥛🥜🥝🥞🥟🥠🥡🥢🥣🥤🥥🥦🥧🥨🥩🥪🥫🥬🥭🥮🥯🥰🥱🥲🥳🥴🥵🥶🥷🥸🥹🥺🥻🥼🥽🥾🥿🦀🦁🦂🦃🦄🦅🦆🦇🦈🦉🦊🦋🦌🦍🦎🦏🦐🦑🦒🦓🦔🦕🦖🦗🦘🦙🦚🦛🦜🦝🦞🦟🦠🦡🦢🦣🦤🦥🦦🦧🦨🦩🦪🦫🦬🦭🦮🦯🦰🦱🦲🦳🦴🦵🦶🦷🦸🦹🦺🦻🦼🦽🦾🦿🧀🧁🧂🧃🧄🧅🧆🧇🧈🧉🧊🧋🧌🧍🧎🧏🧐🧑🧒🧓🧔🧕🧖🧗🧘🧙🧚🧛🧜🧝🧞🧟🧠🧡🧢🧣🧤🧥🧦🧧🧨🧩🧪🧫🧬🧭🧮🧯🧰🧱🧲🧳🧴🧵🧶🧷🧸🧹🧺🧻🧼🧽🧾🧿🨀🨁🨂🨃🨄🨅🨆🨇🨈🨉🨊🨋🨌🨍🨎🨏🨐🨑🨒🨓🨔🨕🨖🨗🨘🨙🨚🨛🨜🨝🨞🨟🨠🨡🨢🨣🨤🨥🨦🨧🨨🨩🨪🨫🨬🨭🨮🨯🨰🨱🨲🨳🨴🨵🨶🨷🨸🨹🨺🨻🨼🨽🨾🨿🩀🩁🩂🩃🩄🩅🩆🩇🩈🩉🩊🩋🩌🩍🩎🩏🩐🩑🩒🩓🩔🩕🩖🩗🩘🩙🩚🩛🩜🩝🩞🩟🩠🩡🩢🩣🩤🩥🩦🩧🩨🩩🩪🩫🩬🩭🩮🩯🩰🩱🩲🩳🩴🩵🩶🩷🩸🩹🩺🩻🩼🩽🩾🩿🪀🪁🪂🪃🪄🪅🪆🪇🪈🪉🪊🪋🪌🪍🪎🪏🪐🪑🪒🪓🪔🪕🪖🪗🪘🪙🪚🪛🪜🪝🪞🪟🪠🪡🪢🪣🪤🪥🪦🪧🪨🪩🪪🪫🪬🪭🪮🪯🪰🪱🪲🪳🪴🪵🪶🪷🪸🪹🪺🪻🪼🪽🪾🪿🫀🫁🫂🫃🫄🫅🫆🫇🫈🫉🫊🫋🫌🫍🫎🫏🫐🫑🫒🫓🫔🫕🫖🫗🫘🫙🫚🫛🫜🫝🫞🫟🫠🫡🫢🫣🫤🫥🫦🫧🫨🫩🫪🫫🫬🫭🫮🫯🫰🫱🫲🫳🫴🫵🫶🫷🫸🫹🫺🫻🫼🫽🫾🫿'")
-- table articles_fts_config
CREATE TABLE 'articles_fts_config'(k PRIMARY KEY, v) WITHOUT ROWID
-- table articles_fts_data
CREATE TABLE 'articles_fts_data'(id INTEGER PRIMARY KEY, block BLOB)
-- table articles_fts_docsize
CREATE TABLE 'articles_fts_docsize'(id INTEGER PRIMARY KEY, sz BLOB)
-- table articles_fts_idx
CREATE TABLE 'articles_fts_idx'(segid, term, pgno, PRIMARY KEY(segid, term)) WITHOUT ROWID
-- table articles_fts_keys
CREATE TABLE articles_fts_keys (
    rowid INTEGER PRIMARY KEY, id VARCHAR(255) NOT NULL UNIQUE)
-- table authors
CREATE TABLE authors (
    id BLOB NOT NULL,
    user_id BLOB,
    session_id BLOB,
    author_name VARCHAR(255) NOT NULL,
    pen_name VARCHAR(255),
    biography TEXT,
    writing_style TEXT,
    created_at DATETIME NOT NULL,
    updated_at DATETIME NOT NULL,
    CONSTRAINT pk_authors PRIMARY KEY (id),
    CONSTRAINT fk_authors_session_id FOREIGN KEY(session_id) REFERENCES sessions (id) ON DELETE SET NULL,
    CONSTRAINT fk_authors_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
)
-- table characters
CREATE TABLE characters (
    id BLOB NOT NULL,
    user_id BLOB,
    plot_id BLOB,
    name VARCHAR(255) NOT NULL,
    role VARCHAR(255),
    description TEXT,
    backstory TEXT,
    traits JSON,
    relationships JSON,
    created_at DATETIME NOT NULL,
    updated_at DATETIME NOT NULL,
    CONSTRAINT pk_characters PRIMARY KEY (id),
    CONSTRAINT fk_characters_plot_id FOREIGN KEY(plot_id) REFERENCES plots (id) ON DELETE CASCADE,
    CONSTRAINT fk_characters_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
)
-- table conversation_memory
CREATE TABLE conversation_memory (
    id BLOB NOT NULL,
    conversation_id BLOB NOT NULL,
    persona_id BLOB,
    first_message_id BLOB,
    content TEXT NOT NULL,
    memory_type VARCHAR(64) NOT NULL,
    importance DOUBLE NOT NULL,
    decay DOUBLE NOT NULL,
    embedding BLOB NOT NULL,
    metadata JSON,
    last_accessed DATETIME,
    access_count BIGINT NOT NULL,
    created_at DATETIME NOT NULL,
    updated_at DATETIME NOT NULL,
    CONSTRAINT pk_conversation_memory PRIMARY KEY (id),
    CONSTRAINT ck_conversation_memory_importance CHECK (importance >= 0 AND importance <= 1),
    CONSTRAINT ck_conversation_memory_decay CHECK (decay >= 0 AND decay <= 1),
    CONSTRAINT ck_conversation_memory_access_count CHECK (access_count >= 0),
    CONSTRAINT fk_conversation_memory_conversation_id FOREIGN KEY(conversation_id) REFERENCES conversations (id) ON DELETE CASCADE,
    CONSTRAINT fk_conversation_memory_persona_id FOREIGN KEY(persona_id) REFERENCES personas (id) ON DELETE SET NULL,
    CONSTRAINT fk_conversation_memory_first_message_id FOREIGN KEY(first_message_id) REFERENCES messages (id) ON DELETE SET NULL
)
-- table conversation_states
CREATE TABLE conversation_states (
    id BLOB NOT NULL,
    conversation_id BLOB NOT NULL,
    persona_id BLOB,
    module_id BLOB,
    owner VARCHAR(65) NOT NULL,
    state_key VARCHAR(255) NOT NULL,
    value JSON,
    created_at DATETIME NOT NULL,
    updated_at DATETIME NOT NULL,
    CONSTRAINT pk_conversation_states PRIMARY KEY (id),
    CONSTRAINT fk_conversation_states_conversation_id FOREIGN KEY(conversation_id) REFERENCES conversations (id) ON DELETE CASCADE,
    CONSTRAINT fk_conversation_states_persona_id FOREIGN KEY(persona_id) REFERENCES personas (id) ON DELETE CASCADE,
    CONSTRAINT fk_conversation_states_module_id FOREIGN KEY(module_id) REFERENCES modules (id) ON DELETE CASCADE,
    CONSTRAINT uq_conversation_states_conversation_id_owner_state_key UNIQUE (conversation_id, owner, state_key)
)
-- table conversations
CREATE TABLE conversations (
    id BLOB NOT NULL,
    user_id BLOB,
    persona_id BLOB,
    title VARCHAR(512),
    provider_type VARCHAR(64),
    provider_config JSON,
    created_at DATETIME NOT NULL,
    updated_at DATETIME NOT NULL,
    CONSTRAINT pk_conversations PRIMARY KEY (id),
    CONSTRAINT fk_conversations_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT fk_conversations_persona_id FOREIGN KEY(persona_id) REFERENCES personas (id) ON DELETE SET NULL
)
-- table database_versions
CREATE TABLE database_versions (
    id INTEGER NOT NULL,
    version VARCHAR(100) NOT NULL,
    description TEXT,
    applied_at DATETIME NOT NULL,
    CONSTRAINT pk_database_versions PRIMARY KEY (id)
)
-- table generation_history
CREATE TABLE generation_history (
    id INTEGER NOT NULL,
    prompt TEXT NOT NULL,
    response TEXT NOT NULL,
    model VARCHAR(255),
    parameters JSON,
    quality_score DOUBLE,
    user_rating SMALLINT,
    created_at DATETIME NOT NULL,
    CONSTRAINT pk_generation_history PRIMARY KEY (id),
    CONSTRAINT ck_generation_history_user_rating CHECK (user_rating >= 1 AND user_rating <= 5)
)
-- table markov_ngrams
CREATE TABLE markov_ngrams (
    n SMALLINT NOT NULL,
    context VARCHAR(31) NOT NULL,
    next_char VARCHAR(1) NOT NULL,
    count BIGINT NOT NULL,
    probability DOUBLE,
    CONSTRAINT pk_markov_ngrams PRIMARY KEY (n, context, next_char),
    CONSTRAINT ck_markov_ngrams_count CHECK (count >= 1)
)
 WITHOUT ROWID
-- table memory_collections
CREATE TABLE memory_collections (
    name VARCHAR(64) NOT NULL,
    dimension INTEGER NOT NULL,
    created_at DATETIME NOT NULL,
    CONSTRAINT pk_memory_collections PRIMARY KEY (name),
    CONSTRAINT ck_memory_collections_dimension CHECK (dimension >= 1)
)
-- table messages
CREATE TABLE messages (
    id BLOB NOT NULL,
    conversation_id BLOB NOT NULL,
    sequence BIGINT NOT NULL,
    role VARCHAR(32) NOT NULL,
    content TEXT NOT NULL,
    thinking TEXT,
    extra_data JSON,
    input_tokens BIGINT,
    output_tokens BIGINT,
    created_at DATETIME NOT NULL,
    updated_at DATETIME NOT NULL,
    CONSTRAINT pk_messages PRIMARY KEY (id),
    CONSTRAINT ck_messages_sequence CHECK (sequence >= 1),
    CONSTRAINT ck_messages_input_tokens CHECK (input_tokens >= 0),
    CONSTRAINT ck_messages_output_tokens CHECK (output_tokens >= 0),
    CONSTRAINT fk_messages_conversation_id FOREIGN KEY(conversation_id) REFERENCES conversations (id) ON DELETE CASCADE,
    CONSTRAINT uq_messages_conversation_id_sequence UNIQUE (conversation_id, sequence)
)
-- table messages_fts
CREATE VIRTUAL TABLE messages_fts USING fts5(
    content, content='messages_fts_rows', content_rowid='rowid', tokenize="unicode61 remove_diacritics 0 categories 'L* N* Mn Mc' tokenchars '_' separators '⁦⁧⁨⁩₺₻₼₽₾₿⃀⏴⏵⏶⏷⏸⏹⏺⏻⏼⏽⏾⏿✀⭍⭎⭏⭐⭑⭒⭓⭔⭕⭖⭗⭘⭙⭚⭛⭜⭝⭞⭟⭠⭡⭢⭣⭤⭥⭦⭧⭨⭩⭪⭫⭬⭭⭮⭯⭰⭱⭲⭳⭴⭵⭶⭷⭸⭹⭺⭻⭼⭽⭾⭿⮀⮁⮂⮃⮄⮅⮆⮇⮈⮉⮊⮋⮌⮍⮎⮏⮐⮑⮒⮓⮔⮕⮖⮗⮘⮙⮚⮛⮜⮝⮞⮟⮠⮡⮢⮣⮤⮥⮦⮧⮨⮩⮪⮫⮬⮭⮮⮯⮰⮱⮲⮳⮴⮵⮶⮷⮸⮹⮺⮻⮼⮽⮾⮿⯀⯁⯂⯃⯄⯅⯆⯇⯈⯉⯊⯋⯌⯍⯎⯏⯐⯑⯒⯓⯔⯕⯖⯗⯘⯙⯚⯛⯜⯝⯞⯟⯠⯡⯢⯣⯤⯥⯦⯧⯨⯩⯪⯫⯬⯭⯮⯯⯰⯱⯲⯳⯴⯵⯶⯷⯸⯹⯺⯻⯼⯽⯾⯿⸼⸽⸾⸿⹀⹁⹂⹃⹄⹅⹆⹇⹈⹉⹊⹋⹌⹍⹎⹏⹐⹑⹒⹓⹔⹕⹖⹗⹘⹙⹚⹛⹜⹝︀︁︂︃︄︅︆︇︈︉︊︋︌︍︎️🂿🃀🃁🃂🃃🃄🃅🃆🃇🃈🃉🃊🃋🃌🃍🃎🃏🃐🃑🃒🃓🃔🃕🃖🃗🃘🃙🃚🃛🃜🃝🃞🃟🃠🃡🃢🃣🃤🃥🃦🃧🃨🃩🃪🃫🃬🃭🃮🃯🃰🃱🃲🃳🃴🃵🄍🄎🄏🄐🄑🄒🄓🄔🄕🄖🄗🄘🄙🄚🄛🄜🄝🄞🄟🄠🄡🄢🄣🄤🄥🄦🄧🄨🄩🄪🄫🄬🄭🄮🄯🄰🄱🄲🄳🄴🄵🄶🄷🄸🄹🄺🄻🄼🄽🄾🄿🅀🅁🅂🅃🅄🅅🅆🅇🅈🅉🅊🅋🅌🅍🅎🅏🅐🅑🅒🅓🅔🅕🅖🅗🅘🅙🅚🅛🅜🅝🅞🅟🅠🅡🅢🅣🅤🅥🅦🅧🅨🅩🅪🅫🅬🅭🅮🅯🅰🅱🅲🅳🅴🅵🅶🅷🅸🅹🅺🅻🅼🅽🅾🅿🆀🆁🆂🆃🆄🆅🆆🆇🆈🆉🆊🆋🆌🆍🆎🆏🆐🆑🆒🆓🆔🆕🆖🆗🆘🆙🆚🆛🆜🆝🆞🆟🆠🆡🆢🆣🆤🆥🆦🆧🆨🆩🆪🆫🆬🆭🆮🆯🆰🆱🆲🆳🆴🆵🆶🆷🆸🆹🆺🆻🆼🆽🆾🆿🇀🇁🇂🇃🇄🇅🇆🇇🇈🇉🇊🇋🇌🇍🇎🇏🇐🇑🇒🇓🇔🇕🇖🇗🇘🇙🇚🇛🇜🇝🇞🇟🇠🇡🇢🇣🇤🇥🇦🇧🇨🇩🇪🇫🇬🇭🇮🇯🇰🇱🇲🇳🇴🇵🇶🇷🇸🇹🇺🇻🇼🇽🇾🇿🈀🈁🈂🈃🈄🈅🈆🈇🈈🈉🈊🈋🈌🈍🈎🈏🈐🈑🈒🈓🈔🈕🈖🈗🈘🈙🈚🈛🈜🈝🈞🈟🈠🈡🈢🈣🈤🈥🈦🈧🈨🈩🈪🈫🈬🈭🈮🈯🈰🈱🈲🈳🈴🈵🈶🈷🈸🈹🈺🈻🈼🈽🈾🈿🉀🉁🉂🉃🉄🉅🉆🉇🉈🉉🉊🉋🉌🉍🉎🉏🉐🉑🉒🉓🉔🉕🉖🉗🉘🉙🉚🉛🉜🉝🉞🉟🉠🉡🉢🉣🉤🉥🉦🉧🉨🉩🉪🉫🉬🉭🉮🉯🉰🉱🉲🉳🉴🉵🉶🉷🉸🉹🉺🉻🉼🉽🉾🉿🊀🊁🊂🊃🊄🊅🊆🊇🊈🊉🊊🊋🊌🊍🊎🊏🊐🊑🊒🊓🊔🊕🊖🊗🊘🊙🊚🊛🊜🊝🊞🊟🊠🊡🊢🊣🊤🊥🊦🊧🊨🊩🊪🊫🊬🊭🊮🊯🊰🊱🊲🊳🊴🊵🊶🊷🊸🊹🊺🊻🊼🊽🊾🊿🋀🋁🋂🋃🋄🋅🋆🋇🋈🋉🋊🋋🋌🋍🋎🋏🋐🋑🋒🋓🋔🋕🋖🋗🋘🋙🋚🋛🋜🋝🋞🋟🋠🋡🋢🋣🋤🋥🋦🋧🋨🋩🋪🋫🋬🋭🋮🋯🋰🋱🋲🋳🋴🋵🋶🋷🋸🋹🋺🋻🋼🋽🋾🋿🌀🌁🌂🌃🌄🌅🌆🌇🌈🌉🌊🌋🌌🌍🌎🌏🌐🌑🌒🌓🌔🌕🌖🌗🌘🌙🌚🌛🌜🌝🌞🌟🌠🌡🌢🌣🌤🌥🌦🌧🌨🌩🌪🌫🌬🌭🌮🌯🌰🌱🌲🌳🌴🌵🌶🌷🌸🌹🌺🌻🌼🌽🌾🌿🍀🍁🍂🍃🍄🍅🍆🍇🍈🍉🍊🍋🍌🍍🍎🍏🍐🍑🍒🍓🍔🍕🍖🍗🍘🍙🍚🍛🍜🍝🍞🍟🍠🍡🍢🍣🍤🍥🍦🍧🍨🍩🍪🍫🍬🍭🍮🍯🍰🍱🍲🍳🍴🍵🍶🍷🍸🍹🍺🍻🍼🍽🍾🍿🎀🎁🎂🎃🎄🎅🎆🎇🎈🎉🎊🎋🎌🎍🎎🎏🎐🎑🎒🎓🎔🎕🎖🎗🎘🎙🎚🎛🎜🎝🎞🎟🎠🎡🎢🎣🎤🎥🎦🎧🎨🎩🎪🎫🎬🎭🎮🎯🎰🎱🎲🎳🎴🎵🎶🎷🎸🎹🎺🎻🎼🎽🎾🎿🏀🏁🏂🏃🏄🏅🏆🏇🏈🏉🏊🏋🏌🏍🏎🏏🏐🏑🏒🏓🏔🏕🏖🏗🏘🏙🏚🏛🏜🏝🏞🏟🏠🏡🏢🏣🏤🏥🏦🏧🏨🏩🏪🏫🏬🏭🏮🏯🏰🏱🏲🏳🏴🏵🏶🏷🏸🏹🏺🏻🏼🏽🏾🏿🐀🐁🐂🐃🐄🐅🐆🐇🐈🐉🐊🐋🐌🐍🐎🐏🐐🐑🐒🐓🐔🐕🐖🐗🐘🐙🐚🐛🐜🐝🐞🐟🐠🐡🐢🐣🐤🐥🐦🐧🐨🐩🐪🐫🐬🐭🐮🐯🐰🐱🐲🐳🐴🐵🐶🐷🐸🐹🐺🐻🐼🐽🐾🐿👀👁👂👃👄👅👆👇👈👉👊👋👌👍👎👏👐👑👒👓👔👕👖👗👘👙👚👛👜👝👞👟👠👡👢👣👤👥👦👧👨👩👪👫👬👭👮👯👰👱👲👳👴👵👶👷👸👹👺👻👼👽👾👿💀💁💂💃💄💅💆💇💈💉💊💋💌💍💎💏💐💑💒💓💔💕💖💗💘💙💚💛💜💝💞💟💠💡💢💣💤💥💦💧💨💩💪💫💬💭💮💯💰💱💲💳💴💵💶💷💸💹💺💻💼💽💾💿📀📁📂📃📄📅📆📇📈📉📊📋📌📍📎📏📐📑📒📓📔📕📖📗📘📙📚📛📜📝📞📟📠📡📢📣📤📥📦📧📨📩📪📫📬📭📮📯📰📱📲📳📴📵📶📷📸📹📺📻📼📽📾📿🔀🔁🔂🔃🔄🔅🔆🔇🔈🔉🔊🔋🔌🔍🔎🔏🔐🔑🔒🔓🔔🔕🔖🔗🔘🔙🔚🔛🔜🔝🔞🔟🔠🔡🔢🔣🔤🔥🔦🔧🔨🔩🔪🔫🔬🔭🔮🔯🔰🔱🔲🔳🔴🔵🔶🔷🔸🔹🔺🔻🔼🔽🔾🔿🕀🕁🕂🕃🕄🕅🕆🕇🕈🕉🕊🕋🕌🕍🕎🕏🕐🕑🕒🕓🕔🕕🕖🕗🕘🕙🕚🕛🕜🕝🕞🕟🕠🕡🕢🕣🕤🕥🕦🕧🕨🕩🕪🕫🕬🕭🕮🕯🕰🕱🕲🕳🕴🕵🕶🕷🕸🕹🕺🕻🕼🕽🕾🕿🖀🖁🖂🖃🖄🖅🖆🖇🖈🖉🖊🖋🖌🖍🖎🖏🖐🖑🖒🖓🖔🖕🖖🖗🖘🖙🖚🖛🖜🖝🖞🖟🖠🖡🖢🖣🖤🖥🖦🖧🖨🖩🖪🖫🖬🖭🖮🖯🖰🖱🖲🖳🖴🖵🖶🖷🖸🖹🖺🖻🖼🖽🖾🖿🗀🗁🗂🗃🗄🗅🗆🗇🗈🗉🗊🗋🗌🗍🗎🗏🗐🗑🗒🗓🗔🗕🗖🗗🗘🗙🗚🗛🗜🗝🗞🗟🗠🗡🗢🗣🗤🗥🗦🗧🗨🗩🗪🗫🗬🗭🗮🗯🗰🗱🗲🗳🗴🗵🗶🗷🗸🗹🗺🗻🗼🗽🗾🗿😀😁😂😃😄😅😆😇😈😉😊😋😌😍😎😏😐😑😒😓😔😕😖😗😘😙😚😛😜😝😞😟😠😡😢😣😤😥😦😧😨😩😪😫😬😭😮😯😰😱😲😳😴😵😶😷😸😹😺😻😼😽😾😿🙀🙁🙂🙃🙄🙅🙆🙇🙈🙉🙊🙋🙌🙍🙎🙏🙐🙑🙒🙓🙔🙕🙖🙗🙘🙙🙚🙛🙜🙝🙞🙟🙠🙡🙢🙣🙤🙥🙦🙧🙨🙩🙪🙫🙬🙭🙮🙯🙰🙱🙲🙳🙴🙵🙶🙷🙸🙹🙺🙻🙼🙽🙾🙿🚀🚁🚂🚃🚄🚅🚆🚇🚈🚉🚊🚋🚌🚍🚎🚏🚐🚑🚒🚓🚔🚕🚖🚗🚘🚙🚚🚛🚜🚝🚞🚟🚠🚡🚢🚣🚤🚥🚦🚧🚨🚩🚪🚫🚬🚭🚮🚯🚰🚱🚲🚳🚴🚵🚶🚷🚸🚹🚺🚻🚼🚽🚾🚿🛀🛁🛂🛃🛄🛅🛆🛇🛈🛉🛊🛋🛌🛍🛎🛏🛐🛑🛒🛓🛔🛕🛖🛗🛘🛙🛚🛛🛜🛝🛞🛟🛠🛡🛢🛣🛤🛥🛦🛧🛨🛩🛪🛫🛬🛭🛮🛯🛰🛱🛲🛳🛴🛵🛶🛷🛸🛹🛺🛻🛼🛽🛾🛿🜀🜁🜂🜃🜄🜅🜆🜇🜈🜉🜊🜋🜌🜍🜎🜏🜐🜑🜒🜓🜔🜕🜖🜗🜘🜙🜚🜛🜜🜝🜞🜟🜠🜡🜢🜣🜤🜥🜦🜧🜨🜩🜪🜫🜬🜭🜮🜯🜰🜱🜲🜳🜴🜵🜶🜷🜸🜹🜺🜻🜼🜽🜾🜿🝀🝁🝂🝃🝄🝅🝆🝇🝈🝉🝊🝋🝌🝍🝎🝏🝐🝑🝒🝓🝔🝕🝖🝗🝘🝙🝚🝛🝜🝝🝞🝟🝠🝡🝢🝣🝤🝥🝦🝧🝨🝩🝪🝫🝬🝭🝮🝯🝰🝱🝲🝳🝴🝵🝶🝷🝸🝹🝺🝻🝼🝽🝾🝿🞀🞁🞂🞃🞄🞅🞆🞇🞈🞉🞊🞋🞌🞍🞎🞏🞐🞑🞒🞓🞔🞕🞖🞗🞘🞙🞚🞛🞜🞝🞞🞟🞠🞡🞢🞣🞤🞥🞦🞧🞨🞩🞪🞫🞬🞭🞮🞯🞰🞱🞲🞳🞴🞵🞶🞷🞸🞹🞺🞻🞼🞽🞾🞿🟀🟁🟂🟃🟄🟅🟆🟇🟈🟉🟊🟋🟌🟍🟎🟏🟐🟑🟒🟓🟔🟕🟖🟗🟘🟙🟚🟛🟜🟝🟞🟟🟠🟡🟢🟣🟤🟥🟦🟧🟨🟩🟪🟫🟬🟭🟮🟯🟰🟱🟲🟳🟴🟵🟶🟷🟸🟹🟺🟻🟼🟽🟾🟿🠀🠁🠂🠃🠄🠅🠆🠇🠈🠉🠊🠋🠌🠍🠎🠏🠐🠑🠒🠓🠔🠕🠖🠗🠘🠙🠚🠛🠜🠝🠞🠟🠠🠡🠢🠣🠤🠥🠦🠧🠨🠩🠪🠫🠬🠭🠮🠯🠰🠱🠲🠳🠴🠵🠶🠷🠸🠹🠺🠻🠼🠽🠾🠿🡀🡁🡂🡃🡄🡅🡆🡇🡈🡉🡊🡋🡌🡍🡎🡏🡐🡑🡒🡓🡔🡕🡖🡗🡘🡙🡚🡛🡜🡝🡞🡟🡠🡡🡢🡣🡤🡥🡦🡧🡨🡩🡪🡫🡬🡭🡮🡯🡰🡱🡲🡳🡴🡵🡶🡷🡸🡹🡺🡻🡼🡽🡾🡿🢀🢁🢂🢃🢄🢅🢆🢇🢈🢉🢊🢋🢌🢍🢎🢏🢐🢑🢒🢓🢔🢕🢖🢗🢘🢙🢚🢛🢜🢝🢞🢟🢠🢡🢢🢣🢤🢥🢦🢧🢨🢩🢪🢫🢬🢭🢮🢯🢰🢱🢲🢳🢴🢵🢶🢷🢸🢹🢺🢻🢼🢽🢾🢿🣀🣁🣂🣃🣄🣅🣆🣇🣈🣉🣊🣋🣌🣍🣎🣏🣐🣑🣒🣓🣔🣕🣖🣗🣘🣙🣚🣛🣜🣝🣞🣟🣠🣡🣢🣣🣤🣥🣦🣧🣨🣩🣪🣫🣬🣭🣮🣯🣰🣱🣲🣳🣴🣵🣶🣷🣸🣹🣺🣻🣼🣽🣾🣿🤀🤁🤂🤃🤄🤅🤆🤇🤈🤉🤊🤋🤌🤍🤎🤏🤐🤑🤒🤓🤔🤕🤖🤗🤘🤙🤚🤛🤜🤝🤞🤟🤠🤡🤢🤣🤤🤥🤦🤧🤨🤩🤪🤫🤬🤭🤮🤯🤰🤱🤲🤳🤴🤵🤶🤷🤸🤹🤺🤻🤼🤽🤾🤿🥀🥁🥂🥃🥄🥅🥆🥇🥈🥉🥊🥋🥌🥍🥎🥏🥐🥑🥒🥓🥔🥕🥖🥗🥘🥙🥚🥛🥜🥝🥞🥟🥠🥡🥢🥣🥤🥥🥦🥧🥨🥩🥪🥫🥬🥭🥮🥯🥰🥱🥲🥳🥴🥵🥶🥷🥸🥹🥺🥻🥼🥽🥾🥿🦀🦁🦂🦃🦄🦅🦆🦇🦈🦉🦊🦋🦌🦍🦎🦏🦐🦑🦒🦓🦔🦕🦖🦗🦘🦙🦚🦛🦜🦝🦞🦟🦠🦡🦢🦣🦤🦥🦦🦧🦨🦩🦪🦫🦬🦭🦮🦯🦰🦱🦲🦳🦴🦵🦶🦷🦸🦹🦺🦻🦼🦽🦾🦿🧀🧁🧂🧃🧄🧅🧆🧇🧈🧉🧊🧋🧌🧍🧎🧏🧐🧑🧒🧓🧔🧕🧖🧗🧘🧙🧚🧛🧜🧝🧞🧟🧠🧡🧢🧣🧤🧥🧦🧧🧨🧩🧪🧫🧬🧭🧮🧯🧰🧱🧲🧳🧴🧵🧶🧷🧸🧹🧺🧻🧼🧽🧾🧿🨀🨁🨂🨃🨄🨅🨆🨇🨈🨉🨊🨋🨌🨍🨎🨏🨐🨑🨒🨓🨔🨕🨖🨗🨘🨙🨚🨛🨜🨝🨞🨟🨠🨡🨢🨣🨤🨥🨦🨧🨨🨩🨪🨫🨬🨭🨮🨯🨰🨱🨲🨳🨴🨵🨶🨷🨸🨹🨺🨻🨼🨽🨾🨿🩀🩁🩂🩃🩄🩅🩆🩇🩈🩉🩊🩋🩌🩍🩎🩏🩐🩑🩒🩓🩔🩕🩖🩗🩘🩙🩚🩛🩜🩝🩞🩟🩠🩡🩢🩣🩤🩥🩦🩧🩨🩩🩪🩫🩬🩭🩮🩯🩰🩱🩲🩳🩴🩵🩶🩷🩸🩹🩺🩻🩼🩽🩾🩿🪀🪁🪂🪃🪄🪅🪆🪇🪈🪉🪊🪋🪌🪍🪎🪏🪐🪑🪒🪓🪔🪕🪖🪗🪘🪙🪚🪛🪜🪝🪞🪟🪠🪡🪢🪣🪤🪥🪦🪧🪨🪩🪪🪫🪬🪭🪮🪯🪰🪱🪲🪳🪴🪵🪶🪷🪸🪹🪺🪻🪼🪽🪾🪿🫀🫁🫂🫃🫄🫅🫆🫇🫈🫉🫊🫋🫌🫍🫎🫏🫐🫑🫒🫓🫔🫕🫖🫗🫘🫙🫚🫛🫜🫝🫞🫟🫠🫡🫢🫣🫤🫥🫦🫧🫨🫩🫪🫫🫬🫭🫮🫯🫰🫱🫲🫳🫴🫵🫶🫷🫸🫹🫺🫻🫼🫽🫾🫿'")
-- table messages_fts_config
CREATE TABLE 'messages_fts_config'(k PRIMARY KEY, v) WITHOUT ROWID
-- table messages_fts_data
CREATE TABLE 'messages_fts_data'(id INTEGER PRIMARY KEY, block BLOB)
-- table messages_fts_docsize
CREATE TABLE 'messages_fts_docsize'(id INTEGER PRIMARY KEY, sz BLOB)
-- table messages_fts_idx
CREATE TABLE 'messages_fts_idx'(segid, term, pgno, PRIMARY KEY(segid, term)) WITHOUT ROWID
-- table messages_fts_keys
CREATE TABLE messages_fts_keys (
    rowid INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE)
-- table modules
CREATE TABLE modules (
    id BLOB NOT NULL,
    name VARCHAR(255),
    type VARCHAR(64) NOT NULL,
    description TEXT,
    trigger_pattern TEXT,
    script TEXT,
    content TEXT,
    execution_context VARCHAR(16) NOT NULL,
    requires_ai_inference BOOLEAN,
    stage_priority INTEGER NOT NULL,
    created_at DATETIME NOT NULL,
    updated_at DATETIME NOT NULL,
    CONSTRAINT pk_modules PRIMARY KEY (id),
    CONSTRAINT ck_modules_execution_context CHECK (execution_context IN ('IMMEDIATE', 'POST_RESPONSE', 'ON_DEMAND')),
    CONSTRAINT uq_modules_name UNIQUE (name)
)
-- table neural_checkpoints
CREATE TABLE neural_checkpoints (
    id INTEGER NOT NULL,
    epochs INTEGER NOT NULL,
    block_size INTEGER NOT NULL,
    path VARCHAR(1024) NOT NULL,
    notes TEXT,
    loss DOUBLE,
    accuracy DOUBLE,
    is_best BOOLEAN,
    training_job_id INTEGER,
    created_at DATETIME NOT NULL,
    CONSTRAINT pk_neural_checkpoints PRIMARY KEY (id),
    CONSTRAINT fk_neural_checkpoints_training_job_id FOREIGN KEY(training_job_id) REFERENCES training_jobs (id) ON DELETE CASCADE,
    CONSTRAINT uq_neural_checkpoints_is_best_training_job_id UNIQUE (is_best, training_job_id),
    CONSTRAINT ck_neural_checkpoints_epochs CHECK (epochs >= 0),
    CONSTRAINT ck_neural_checkpoints_block_size CHECK (block_size >= 0)
)
-- table neural_configs
CREATE TABLE neural_configs (
    id INTEGER NOT NULL,
    name VARCHAR(255) NOT NULL,
    config JSON NOT NULL,
    created_at DATETIME NOT NULL,
    updated_at DATETIME NOT NULL,
    CONSTRAINT pk_neural_configs PRIMARY KEY (id),
    CONSTRAINT uq_neural_configs_name UNIQUE (name)
)
-- table orchestrator_decisions
CREATE TABLE orchestrator_decisions (
    id INTEGER NOT NULL,
    orchestrator VARCHAR(255) NOT NULL,
    decision VARCHAR(255) NOT NULL,
    reason TEXT,
    options JSON,
    confidence DOUBLE,
    trace_id VARCHAR(32),
    at DATETIME NOT NULL,
    user_id BLOB,
    CONSTRAINT pk_orchestrator_decisions PRIMARY KEY (id),
    CONSTRAINT fk_orchestrator_decisions_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
)
-- table performance_metrics
CREATE TABLE performance_metrics (
    id INTEGER NOT NULL,
    name VARCHAR(255) NOT NULL,
    value DOUBLE NOT NULL,
    unit VARCHAR(64),
    tags JSON,
    at DATETIME NOT NULL,
    user_id BLOB,
    CONSTRAINT pk_performance_metrics PRIMARY KEY (id),
    CONSTRAINT fk_performance_metrics_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
)
-- table personas
CREATE TABLE personas (
    id BLOB NOT NULL,
    name VARCHAR(255) NOT NULL,
    description TEXT,
    system_prompt TEXT,
    metadata JSON,
    created_at DATETIME NOT NULL,
    updated_at DATETIME NOT NULL,
    CONSTRAINT pk_personas PRIMARY KEY (id),
    CONSTRAINT uq_personas_name UNIQUE (name)
)
-- table plots
CREATE TABLE plots (
    id BLOB NOT NULL,
    user_id BLOB,
    session_id BLOB,
    author_id BLOB,
    title VARCHAR(500) NOT NULL,
    plot_summary TEXT,
    genre VARCHAR(255),
    subgenre VARCHAR(255),
    microgenre VARCHAR(255),
    trope VARCHAR(255),
    tone VARCHAR(255),
    target_audience JSON,
    created_at DATETIME NOT NULL,
    updated_at DATETIME NOT NULL,
    CONSTRAINT pk_plots PRIMARY KEY (id),
    CONSTRAINT fk_plots_session_id FOREIGN KEY(session_id) REFERENCES sessions (id) ON DELETE SET NULL,
    CONSTRAINT fk_plots_author_id FOREIGN KEY(author_id) REFERENCES authors (id) ON DELETE SET NULL,
    CONSTRAINT fk_plots_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
)
-- table sessions
CREATE TABLE sessions (
    id BLOB NOT NULL,
    user_id BLOB,
    title VARCHAR(500),
    status VARCHAR(16) NOT NULL,
    metadata JSON,
    created_at DATETIME NOT NULL,
    updated_at DATETIME NOT NULL,
    CONSTRAINT pk_sessions PRIMARY KEY (id),
    CONSTRAINT ck_sessions_status CHECK (status IN ('active', 'completed', 'archived')),
    CONSTRAINT fk_sessions_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
)
-- table text_corpora
CREATE TABLE text_corpora (
    id INTEGER NOT NULL,
    title VARCHAR(255),
    content TEXT NOT NULL,
    source VARCHAR(512),
    metadata JSON,
    word_count BIGINT NOT NULL,
    char_count BIGINT NOT NULL,
    created_at DATETIME NOT NULL,
    CONSTRAINT pk_text_corpora PRIMARY KEY (id)
)
-- table text_corpora_fts
CREATE VIRTUAL TABLE text_corpora_fts USING fts5(
    title, content, content='text_corpora', content_rowid='id', tokenize="unicode61 remove_diacritics 0 categories 'L* N* Mn Mc' tokenchars '_' separators '⁦⁧⁨⁩₺₻₼₽₾₿⃀⏴⏵⏶⏷⏸⏹⏺⏻⏼⏽⏾⏿✀⭍⭎⭏⭐⭑⭒⭓⭔⭕⭖⭗⭘⭙⭚⭛⭜⭝⭞⭟⭠⭡⭢⭣⭤⭥⭦⭧⭨⭩⭪⭫⭬⭭⭮⭯⭰⭱⭲⭳⭴⭵⭶⭷⭸⭹⭺⭻⭼⭽⭾⭿⮀⮁⮂⮃⮄⮅⮆⮇⮈⮉⮊⮋⮌⮍⮎⮏⮐⮑⮒⮓⮔⮕⮖⮗⮘⮙⮚⮛⮜⮝⮞⮟⮠⮡⮢⮣⮤⮥⮦⮧⮨⮩⮪⮫⮬⮭⮮⮯⮰⮱⮲⮳⮴⮵⮶⮷⮸⮹⮺⮻⮼⮽⮾⮿⯀⯁⯂⯃⯄⯅⯆⯇⯈⯉⯊⯋⯌⯍⯎⯏⯐⯑⯒⯓⯔⯕⯖⯗⯘⯙⯚⯛⯜⯝⯞⯟⯠⯡⯢⯣⯤⯥⯦⯧⯨⯩⯪⯫⯬⯭⯮⯯⯰⯱⯲⯳⯴⯵⯶⯷⯸⯹⯺⯻⯼⯽⯾⯿⸼⸽⸾⸿⹀⹁⹂⹃⹄⹅⹆⹇⹈⹉⹊⹋⹌⹍⹎⹏⹐⹑⹒⹓⹔⹕⹖⹗⹘⹙⹚⹛⹜⹝︀︁︂︃︄︅︆︇︈︉︊︋︌︍︎️🂿🃀🃁🃂🃃🃄🃅🃆🃇🃈🃉🃊🃋🃌🃍🃎🃏🃐🃑🃒🃓🃔🃕🃖🃗🃘🃙🃚🃛🃜🃝🃞🃟🃠🃡🃢🃣🃤🃥🃦🃧🃨🃩🃪🃫🃬🃭🃮🃯🃰🃱🃲🃳🃴🃵🄍🄎🄏🄐🄑🄒🄓🄔🄕🄖🄗🄘🄙🄚🄛🄜🄝🄞🄟🄠🄡🄢🄣🄤🄥🄦🄧🄨🄩🄪🄫🄬🄭🄮🄯🄰🄱🄲🄳🄴🄵🄶🄷🄸🄹🄺🄻🄼🄽🄾🄿🅀🅁🅂🅃🅄🅅🅆🅇🅈🅉🅊🅋🅌🅍🅎🅏🅐🅑🅒🅓🅔🅕🅖🅗🅘🅙🅚🅛🅜🅝🅞🅟🅠🅡🅢🅣🅤🅥🅦🅧🅨🅩🅪🅫🅬🅭🅮🅯🅰🅱🅲🅳🅴🅵🅶🅷🅸🅹🅺🅻🅼🅽🅾🅿🆀🆁🆂🆃🆄🆅🆆🆇🆈🆉🆊🆋🆌🆍🆎🆏🆐🆑🆒🆓🆔🆕🆖🆗🆘🆙🆚🆛🆜🆝🆞🆟🆠🆡🆢🆣🆤🆥🆦🆧🆨🆩🆪🆫🆬🆭🆮🆯🆰🆱🆲🆳🆴🆵🆶🆷🆸🆹🆺🆻🆼🆽🆾🆿🇀🇁🇂🇃🇄🇅🇆🇇🇈🇉🇊🇋🇌🇍🇎🇏🇐🇑🇒🇓🇔🇕🇖🇗🇘🇙🇚🇛🇜🇝🇞🇟🇠🇡🇢🇣🇤🇥🇦🇧🇨🇩🇪🇫🇬🇭🇮🇯🇰🇱🇲🇳🇴🇵🇶🇷🇸🇹🇺🇻🇼🇽🇾🇿🈀🈁🈂🈃🈄🈅🈆🈇🈈🈉🈊🈋🈌🈍🈎🈏🈐🈑🈒🈓🈔🈕🈖🈗🈘🈙🈚🈛🈜🈝🈞🈟🈠🈡🈢🈣🈤🈥🈦🈧🈨🈩🈪🈫🈬🈭🈮🈯🈰🈱🈲🈳🈴🈵🈶🈷🈸🈹🈺🈻🈼🈽🈾🈿🉀🉁🉂🉃🉄🉅🉆🉇🉈🉉🉊🉋🉌🉍🉎🉏🉐🉑🉒🉓🉔🉕🉖🉗🉘🉙🉚🉛🉜🉝🉞🉟🉠🉡🉢🉣🉤🉥🉦🉧🉨🉩🉪🉫🉬🉭🉮🉯🉰🉱🉲🉳🉴🉵🉶🉷🉸🉹🉺🉻🉼🉽🉾🉿🊀🊁🊂🊃🊄🊅🊆🊇🊈🊉🊊🊋🊌🊍🊎🊏🊐🊑🊒🊓🊔🊕🊖🊗🊘🊙🊚🊛🊜🊝🊞🊟🊠🊡🊢🊣🊤🊥🊦🊧🊨🊩🊪🊫🊬🊭🊮🊯🊰🊱🊲🊳🊴🊵🊶🊷🊸🊹🊺🊻🊼🊽🊾🊿🋀🋁🋂🋃🋄🋅🋆🋇🋈🋉🋊🋋🋌🋍🋎🋏🋐🋑🋒🋓🋔🋕🋖🋗🋘🋙🋚🋛🋜🋝🋞🋟🋠🋡🋢🋣🋤🋥🋦🋧🋨🋩🋪🋫🋬🋭🋮🋯🋰🋱🋲🋳🋴🋵🋶🋷🋸🋹🋺🋻🋼🋽🋾🋿🌀🌁🌂🌃🌄🌅🌆🌇🌈🌉🌊🌋🌌🌍🌎🌏🌐🌑🌒🌓🌔🌕🌖🌗🌘🌙🌚🌛🌜🌝🌞🌟🌠🌡🌢🌣🌤🌥🌦🌧🌨🌩🌪🌫🌬🌭🌮🌯🌰🌱🌲🌳🌴🌵🌶🌷🌸🌹🌺🌻🌼🌽🌾🌿🍀🍁🍂🍃🍄🍅🍆🍇🍈🍉🍊🍋🍌🍍🍎🍏🍐🍑🍒🍓🍔🍕🍖🍗🍘🍙🍚🍛🍜🍝🍞🍟🍠🍡🍢🍣🍤🍥🍦🍧🍨🍩🍪🍫🍬🍭🍮🍯🍰🍱🍲🍳🍴🍵🍶🍷🍸🍹🍺🍻🍼🍽🍾🍿🎀🎁🎂🎃🎄🎅🎆🎇🎈🎉🎊🎋🎌🎍🎎🎏🎐🎑🎒🎓🎔🎕🎖🎗🎘🎙🎚🎛🎜🎝🎞🎟🎠🎡🎢🎣🎤🎥🎦🎧🎨🎩🎪🎫🎬🎭🎮🎯🎰🎱🎲🎳🎴🎵🎶🎷🎸🎹🎺🎻🎼🎽🎾🎿🏀🏁🏂🏃🏄🏅🏆🏇🏈🏉🏊🏋🏌🏍🏎🏏🏐🏑🏒🏓🏔🏕🏖🏗🏘🏙🏚🏛🏜🏝🏞🏟🏠🏡🏢🏣🏤🏥🏦🏧🏨🏩🏪🏫🏬🏭🏮🏯🏰🏱🏲🏳🏴🏵🏶🏷🏸🏹🏺🏻🏼🏽🏾🏿🐀🐁🐂🐃🐄🐅🐆🐇🐈🐉🐊🐋🐌🐍🐎🐏🐐🐑🐒🐓🐔🐕🐖🐗🐘🐙🐚🐛🐜🐝🐞🐟🐠🐡🐢🐣🐤🐥🐦🐧🐨🐩🐪🐫🐬🐭🐮🐯🐰🐱🐲🐳🐴🐵🐶🐷🐸🐹🐺🐻🐼🐽🐾🐿👀👁👂👃👄👅👆👇👈👉👊👋👌👍👎👏👐👑👒👓👔👕👖👗👘👙👚👛👜👝👞👟👠👡👢👣👤👥👦👧👨👩👪👫👬👭👮👯👰👱👲👳👴👵👶👷👸👹👺👻👼👽👾👿💀💁💂💃💄💅💆💇💈💉💊💋💌💍💎💏💐💑💒💓💔💕💖💗💘💙💚💛💜💝💞💟💠💡💢💣💤💥💦💧💨💩💪💫💬💭💮💯💰💱💲💳💴💵💶💷💸💹💺💻💼💽💾💿📀📁📂📃📄📅📆📇📈📉📊📋📌📍📎📏📐📑📒📓📔📕📖📗📘📙📚📛📜📝📞📟📠📡📢📣📤📥📦📧📨📩📪📫📬📭📮📯📰📱📲📳📴📵📶📷📸📹📺📻📼📽📾📿🔀🔁🔂🔃🔄🔅🔆🔇🔈🔉🔊🔋🔌🔍🔎🔏🔐🔑🔒🔓🔔🔕🔖🔗🔘🔙🔚🔛🔜🔝🔞🔟🔠🔡🔢🔣🔤🔥🔦🔧🔨🔩🔪🔫🔬🔭🔮🔯🔰🔱🔲🔳🔴🔵🔶🔷🔸🔹🔺🔻🔼🔽🔾🔿🕀🕁🕂🕃🕄🕅🕆🕇🕈🕉🕊🕋🕌🕍🕎🕏🕐🕑🕒🕓🕔🕕🕖🕗🕘🕙🕚🕛🕜🕝🕞🕟🕠🕡🕢🕣🕤🕥🕦🕧🕨🕩🕪🕫🕬🕭🕮🕯🕰🕱🕲🕳🕴🕵🕶🕷🕸🕹🕺🕻🕼🕽🕾🕿🖀🖁🖂🖃🖄🖅🖆🖇🖈🖉🖊🖋🖌🖍🖎🖏🖐🖑🖒🖓🖔🖕🖖🖗🖘🖙🖚🖛🖜🖝🖞🖟🖠🖡🖢🖣🖤🖥🖦🖧🖨🖩🖪🖫🖬🖭🖮🖯🖰🖱🖲🖳🖴🖵🖶🖷🖸🖹🖺🖻🖼🖽🖾🖿🗀🗁🗂🗃🗄🗅🗆🗇🗈🗉🗊🗋🗌🗍🗎🗏🗐🗑🗒🗓🗔🗕🗖🗗🗘🗙🗚🗛🗜🗝🗞🗟🗠🗡🗢🗣🗤🗥🗦🗧🗨🗩🗪🗫🗬🗭🗮🗯🗰🗱🗲🗳🗴🗵🗶🗷🗸🗹🗺🗻🗼🗽🗾🗿😀😁😂😃😄😅😆😇😈😉😊😋😌😍😎😏😐😑😒😓😔😕😖😗😘😙😚😛😜😝😞😟😠😡😢😣😤😥😦😧😨😩😪😫😬😭😮😯😰😱😲😳😴😵😶😷😸😹😺😻😼😽😾😿🙀🙁🙂🙃🙄🙅🙆🙇🙈🙉🙊🙋🙌🙍🙎🙏🙐🙑🙒🙓🙔🙕🙖🙗🙘🙙🙚🙛🙜🙝🙞🙟🙠🙡🙢🙣🙤🙥🙦🙧🙨🙩🙪🙫🙬🙭🙮🙯🙰🙱🙲🙳🙴🙵🙶🙷🙸🙹🙺🙻🙼🙽🙾🙿🚀🚁🚂🚃🚄🚅🚆🚇🚈🚉🚊🚋🚌🚍🚎🚏🚐🚑🚒🚓🚔🚕🚖🚗🚘🚙🚚🚛🚜🚝🚞🚟🚠🚡🚢🚣🚤🚥🚦🚧🚨🚩🚪🚫🚬🚭🚮🚯🚰🚱🚲🚳🚴🚵🚶🚷🚸🚹🚺🚻🚼🚽🚾🚿🛀🛁🛂🛃🛄🛅🛆🛇🛈🛉🛊🛋🛌🛍🛎🛏🛐🛑🛒🛓🛔🛕🛖🛗🛘🛙🛚🛛🛜🛝🛞🛟🛠🛡🛢🛣🛤🛥🛦🛧🛨🛩🛪🛫🛬🛭🛮🛯🛰🛱🛲🛳🛴🛵🛶🛷🛸🛹🛺🛻🛼🛽🛾🛿🜀🜁🜂🜃🜄🜅🜆🜇🜈🜉🜊🜋🜌🜍🜎🜏🜐🜑🜒🜓🜔🜕🜖🜗🜘🜙🜚🜛🜜🜝🜞🜟🜠🜡🜢🜣🜤🜥🜦🜧🜨🜩🜪🜫🜬🜭🜮🜯🜰🜱🜲🜳🜴🜵🜶🜷🜸🜹🜺🜻🜼🜽🜾🜿🝀🝁🝂🝃🝄🝅🝆🝇🝈🝉🝊🝋🝌🝍🝎🝏🝐🝑🝒🝓🝔🝕🝖🝗🝘🝙🝚🝛🝜🝝🝞🝟🝠🝡🝢🝣🝤🝥🝦🝧🝨🝩🝪🝫🝬🝭🝮🝯🝰🝱🝲🝳🝴🝵🝶🝷🝸🝹🝺🝻🝼🝽🝾🝿🞀🞁🞂🞃🞄🞅🞆🞇🞈🞉🞊🞋🞌🞍🞎🞏🞐🞑🞒🞓🞔🞕🞖🞗🞘🞙🞚🞛🞜🞝🞞🞟🞠🞡🞢🞣🞤🞥🞦🞧🞨🞩🞪🞫🞬🞭🞮🞯🞰🞱🞲🞳🞴🞵🞶🞷🞸🞹🞺🞻🞼🞽🞾🞿🟀🟁🟂🟃🟄🟅🟆🟇🟈🟉🟊🟋🟌🟍🟎🟏🟐🟑🟒🟓🟔🟕🟖🟗🟘🟙🟚🟛🟜🟝🟞🟟🟠🟡🟢🟣🟤🟥🟦🟧🟨🟩🟪🟫🟬🟭🟮🟯🟰🟱🟲🟳🟴🟵🟶🟷🟸🟹🟺🟻🟼🟽🟾🟿🠀🠁🠂🠃🠄🠅🠆🠇🠈🠉🠊🠋🠌🠍🠎🠏🠐🠑🠒🠓🠔🠕🠖🠗🠘🠙🠚🠛🠜🠝🠞🠟🠠🠡🠢🠣🠤🠥🠦🠧🠨🠩🠪🠫🠬🠭🠮🠯🠰🠱🠲🠳🠴🠵🠶🠷🠸🠹🠺🠻🠼🠽🠾🠿🡀🡁🡂🡃🡄🡅🡆🡇🡈🡉🡊🡋🡌🡍🡎🡏🡐🡑🡒🡓🡔🡕🡖🡗🡘🡙🡚🡛🡜🡝🡞🡟🡠🡡🡢🡣🡤🡥🡦🡧🡨🡩🡪🡫🡬🡭🡮🡯🡰🡱🡲🡳🡴🡵🡶🡷🡸🡹🡺🡻🡼🡽🡾🡿🢀🢁🢂🢃🢄🢅🢆🢇🢈🢉🢊🢋🢌🢍🢎🢏🢐🢑🢒🢓🢔🢕🢖🢗🢘🢙🢚🢛🢜🢝🢞🢟🢠🢡🢢🢣🢤🢥🢦🢧🢨🢩🢪🢫🢬🢭🢮🢯🢰🢱🢲🢳🢴🢵🢶🢷🢸🢹🢺🢻🢼🢽🢾🢿🣀🣁🣂🣃🣄🣅🣆🣇🣈🣉🣊🣋🣌🣍🣎🣏🣐🣑🣒🣓🣔🣕🣖🣗🣘🣙🣚🣛🣜🣝🣞🣟🣠🣡🣢🣣🣤🣥🣦🣧🣨🣩🣪🣫🣬🣭🣮🣯🣰🣱🣲🣳🣴🣵🣶🣷🣸🣹🣺🣻🣼🣽🣾🣿🤀🤁🤂🤃🤄🤅🤆🤇🤈🤉🤊🤋🤌🤍🤎🤏🤐🤑🤒🤓🤔🤕🤖🤗🤘🤙🤚🤛🤜🤝🤞🤟🤠🤡🤢🤣🤤🤥🤦🤧🤨🤩🤪🤫🤬🤭🤮🤯🤰🤱🤲🤳🤴🤵🤶🤷🤸🤹🤺🤻🤼🤽🤾🤿🥀🥁🥂🥃🥄🥅🥆🥇🥈🥉🥊🥋🥌🥍🥎🥏🥐🥑🥒🥓🥔🥕🥖🥗🥘🥙🥚🥛🥜🥝🥞🥟🥠🥡🥢🥣🥤🥥🥦🥧🥨🥩🥪🥫🥬🥭🥮🥯🥰🥱🥲🥳🥴🥵🥶🥷🥸🥹🥺🥻🥼🥽🥾🥿🦀🦁🦂🦃🦄🦅🦆🦇🦈🦉🦊🦋🦌🦍🦎🦏🦐🦑🦒🦓🦔🦕🦖🦗🦘🦙🦚🦛🦜🦝🦞🦟🦠🦡🦢🦣🦤🦥🦦🦧🦨🦩🦪🦫🦬🦭🦮🦯🦰🦱🦲🦳🦴🦵🦶🦷🦸🦹🦺🦻🦼🦽🦾🦿🧀🧁🧂🧃🧄🧅🧆🧇🧈🧉🧊🧋🧌🧍🧎🧏🧐🧑🧒🧓🧔🧕🧖🧗🧘🧙🧚🧛🧜🧝🧞🧟🧠🧡🧢🧣🧤🧥🧦🧧🧨🧩🧪🧫🧬🧭🧮🧯🧰🧱🧲🧳🧴🧵🧶🧷🧸🧹🧺🧻🧼🧽🧾🧿🨀🨁🨂🨃🨄🨅🨆🨇🨈🨉🨊🨋🨌🨍🨎🨏🨐🨑🨒🨓🨔🨕🨖🨗🨘🨙🨚🨛🨜🨝🨞🨟🨠🨡🨢🨣🨤🨥🨦🨧🨨🨩🨪🨫🨬🨭🨮🨯🨰🨱🨲🨳🨴🨵🨶🨷🨸🨹🨺🨻🨼🨽🨾🨿🩀🩁🩂🩃🩄🩅🩆🩇🩈🩉🩊🩋🩌🩍🩎🩏🩐🩑🩒🩓🩔🩕🩖🩗🩘🩙🩚🩛🩜🩝🩞🩟🩠🩡🩢🩣🩤🩥🩦🩧🩨🩩🩪🩫🩬🩭🩮🩯🩰🩱🩲🩳🩴🩵🩶🩷🩸🩹🩺🩻🩼🩽🩾🩿🪀🪁🪂🪃🪄🪅🪆🪇🪈🪉🪊🪋🪌🪍🪎🪏🪐🪑🪒🪓🪔🪕🪖🪗🪘🪙🪚🪛🪜🪝🪞🪟🪠🪡🪢🪣🪤🪥🪦🪧🪨🪩🪪🪫🪬🪭🪮🪯🪰🪱🪲🪳🪴🪵🪶🪷🪸🪹🪺🪻🪼🪽🪾🪿🫀🫁🫂🫃🫄🫅🫆🫇🫈🫉🫊🫋🫌🫍🫎🫏🫐🫑🫒🫓🫔🫕🫖🫗🫘🫙🫚🫛🫜🫝🫞🫟🫠🫡🫢🫣🫤🫥🫦🫧🫨🫩🫪🫫🫬🫭🫮🫯🫰🫱🫲🫳🫴🫵🫶🫷🫸🫹🫺🫻🫼🫽🫾🫿'")
-- table text_corpora_fts_config
CREATE TABLE 'text_corpora_fts_config'(k PRIMARY KEY, v) WITHOUT ROWID
-- table text_corpora_fts_data
CREATE TABLE 'text_corpora_fts_data'(id INTEGER PRIMARY KEY, block BLOB)
-- table text_corpora_fts_docsize
CREATE TABLE 'text_corpora_fts_docsize'(id INTEGER PRIMARY KEY, sz BLOB)
-- table text_corpora_fts_idx
CREATE TABLE 'text_corpora_fts_idx'(segid, term, pgno, PRIMARY KEY(segid, term)) WITHOUT ROWID
-- table trace_events
CREATE TABLE trace_events (
    id INTEGER NOT NULL,
    trace_id VARCHAR(32) NOT NULL,
    span_id VARCHAR(16) NOT NULL,
    parent_span_id VARCHAR(16),
    name VARCHAR(255) NOT NULL,
    kind VARCHAR(16) NOT NULL,
    start DATETIME NOT NULL,
    start_ns SMALLINT NOT NULL,
    "end" DATETIME NOT NULL,
    end_ns SMALLINT NOT NULL,
    status VARCHAR(16) NOT NULL,
    status_message TEXT,
    attributes JSON,
    events JSON,
    links JSON,
    resource JSON,
    scope VARCHAR(255),
    user_id BLOB,
    CONSTRAINT pk_trace_events PRIMARY KEY (id),
    CONSTRAINT uq_trace_events_trace_id_span_id UNIQUE (trace_id, span_id),
    CONSTRAINT ck_trace_events_kind CHECK (kind IN ('internal', 'server', 'client', 'producer', 'consumer')),
    CONSTRAINT ck_trace_events_status CHECK (status IN ('unset', 'ok', 'error')),
    CONSTRAINT ck_trace_events_start_ns CHECK (start_ns >= 0 AND start_ns <= 999),
    CONSTRAINT ck_trace_events_end_ns CHECK (end_ns >= 0 AND end_ns <= 999),
    CONSTRAINT fk_trace_events_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
)
-- table training_jobs
CREATE TABLE training_jobs (
    id INTEGER NOT NULL,
    job_id VARCHAR(64) NOT NULL,
    status VARCHAR(16) NOT NULL,
    progress DOUBLE NOT NULL,
    message TEXT,
    error TEXT,
    neural_config_id INTEGER,
    text_corpus_id INTEGER,
    started_at DATETIME,
    completed_at DATETIME,
    created_at DATETIME NOT NULL,
    updated_at DATETIME NOT NULL, queue VARCHAR(64) DEFAULT 'default' NOT NULL, priority BIGINT DEFAULT '0' NOT NULL, turn BIGINT DEFAULT '0' NOT NULL, not_before DATETIME, attempts BIGINT DEFAULT '0' NOT NULL, max_attempts BIGINT DEFAULT '3' NOT NULL, worker VARCHAR(255), token BIGINT DEFAULT '0' NOT NULL, lease_until DATETIME,
    CONSTRAINT pk_training_jobs PRIMARY KEY (id),
    CONSTRAINT fk_training_jobs_neural_config_id FOREIGN KEY(neural_config_id) REFERENCES neural_configs (id) ON DELETE CASCADE,
    CONSTRAINT fk_training_jobs_text_corpus_id FOREIGN KEY(text_corpus_id) REFERENCES text_corpora (id) ON DELETE SET NULL,
    CONSTRAINT uq_training_jobs_job_id UNIQUE (job_id),
    CONSTRAINT ck_training_jobs_status CHECK (status IN ('pending', 'running', 'completed', 'failed', 'cancelled')),
    CONSTRAINT ck_training_jobs_progress CHECK (progress >= 0 AND progress <= 100)
)
-- table users
CREATE TABLE users (
    id BLOB NOT NULL,
    username VARCHAR(255),
    email VARCHAR(320),
    metadata JSON,
    created_at DATETIME NOT NULL,
    updated_at DATETIME NOT NULL,
    CONSTRAINT pk_users PRIMARY KEY (id),
    CONSTRAINT uq_users_email UNIQUE (email)
)
-- table workflow_history
CREATE TABLE workflow_history (
    id INTEGER NOT NULL,
    workflow_id INTEGER NOT NULL,
    status VARCHAR(16) NOT NULL,
    step VARCHAR(255),
    message TEXT,
    created_at DATETIME NOT NULL,
    CONSTRAINT pk_workflow_history PRIMARY KEY (id),
    CONSTRAINT fk_workflow_history_workflow_id FOREIGN KEY(workflow_id) REFERENCES workflow_states (id) ON DELETE CASCADE
)
-- table workflow_states
CREATE TABLE workflow_states (
    id INTEGER NOT NULL,
    workflow_name VARCHAR(255) NOT NULL,
    status VARCHAR(16) NOT NULL,
    current_step VARCHAR(255),
    data JSON,
    error_message TEXT,
    completed_at DATETIME,
    created_at DATETIME NOT NULL,
    updated_at DATETIME NOT NULL,
    CONSTRAINT pk_workflow_states PRIMARY KEY (id),
    CONSTRAINT ck_workflow_states_status CHECK (status IN ('pending', 'running', 'completed', 'failed'))
)
-- table world_building
CREATE TABLE world_building (
    id BLOB NOT NULL,
    user_id BLOB,
    plot_id BLOB,
    world_name VARCHAR(255) NOT NULL,
    world_type VARCHAR(255),
    overview TEXT,
    geography JSON,
    political_landscape JSON,
    cultural_systems JSON,
    economic_framework JSON,
    historical_timeline JSON,
    power_systems JSON,
    languages_and_communication JSON,
    religious_and_belief_systems JSON,
    unique_elements JSON,
    created_at DATETIME NOT NULL,
    updated_at DATETIME NOT NULL,
    CONSTRAINT pk_world_building PRIMARY KEY (id),
    CONSTRAINT fk_world_building_plot_id FOREIGN KEY(plot_id) REFERENCES plots (id) ON DELETE CASCADE,
    CONSTRAINT fk_world_building_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
)
-- trigger articles_fts_ad
CREATE TRIGGER articles_fts_ad AFTER DELETE ON articles BEGIN
    INSERT INTO articles_fts (articles_fts, rowid, title, content)
    VALUES ('delete', (SELECT rowid FROM articles_fts_keys WHERE id = old.id), old.title, old.content);
    DELETE FROM articles_fts_keys WHERE id = old.id;
END
-- trigger articles_fts_ai
CREATE TRIGGER articles_fts_ai AFTER INSERT ON articles BEGIN
    INSERT INTO articles_fts_keys (id) VALUES (new.id);
    INSERT INTO articles_fts (rowid, title, content)
    VALUES ((SELECT rowid FROM articles_fts_keys WHERE id = new.id), new.title, new.content);
END
-- trigger articles_fts_au
CREATE TRIGGER articles_fts_au AFTER UPDATE OF id, title, content ON articles
WHEN old.id IS NOT new.id OR old.title IS NOT new.title OR old.content IS NOT new.content BEGIN
    INSERT INTO articles_fts (articles_fts, rowid, title, content)
    VALUES ('delete', (SELECT rowid FROM articles_fts_keys WHERE id = old.id), old.title, old.content);
    UPDATE articles_fts_keys SET id = new.id WHERE id = old.id;
    INSERT INTO articles_fts (rowid, title, content)
    VALUES ((SELECT rowid FROM articles_fts_keys WHERE id = new.id), new.title, new.content);
END
-- trigger messages_fts_ad
CREATE TRIGGER messages_fts_ad AFTER DELETE ON messages BEGIN
    INSERT INTO messages_fts (messages_fts, rowid, content)
    VALUES ('delete', (SELECT rowid FROM messages_fts_keys WHERE id = old.id), old.content);
    DELETE FROM messages_fts_keys WHERE id = old.id;
END
-- trigger messages_fts_ai
CREATE TRIGGER messages_fts_ai AFTER INSERT ON messages BEGIN
    INSERT INTO messages_fts_keys (id) VALUES (new.id);
    INSERT INTO messages_fts (rowid, content)
    VALUES ((SELECT rowid FROM messages_fts_keys WHERE id = new.id), new.content);
END
-- trigger messages_fts_au
CREATE TRIGGER messages_fts_au AFTER UPDATE OF id, content ON messages
WHEN old.id IS NOT new.id OR old.content IS NOT new.content BEGIN
    INSERT INTO messages_fts (messages_fts, rowid, content)
    VALUES ('delete', (SELECT rowid FROM messages_fts_keys WHERE id = old.id), old.content);
    UPDATE messages_fts_keys SET id = new.id WHERE id = old.id;
    INSERT INTO messages_fts (rowid, content)
    VALUES ((SELECT rowid FROM messages_fts_keys WHERE id = new.id), new.content);
END
-- trigger text_corpora_fts_ad
CREATE TRIGGER text_corpora_fts_ad AFTER DELETE ON text_corpora BEGIN
    INSERT INTO text_corpora_fts (text_corpora_fts, rowid, title, content)
    VALUES ('delete', old.id, old.title, old.content);
END
-- trigger text_corpora_fts_ai
CREATE TRIGGER text_corpora_fts_ai AFTER INSERT ON text_corpora BEGIN
    INSERT INTO text_corpora_fts (rowid, title, content)
    VALUES (new.id, new.title, new.content);
END
-- trigger text_corpora_fts_au
CREATE TRIGGER text_corpora_fts_au AFTER UPDATE OF id, title, content ON text_corpora BEGIN
    INSERT INTO text_corpora_fts (text_corpora_fts, rowid, title, content)
    VALUES ('delete', old.id, old.title, old.content);
    INSERT INTO text_corpora_fts (rowid, title, content)
    VALUES (new.id, new.title, new.content);
END
-- view articles_fts_rows
CREATE VIEW articles_fts_rows AS SELECT k.rowid AS rowid, t.title, t.content
    FROM articles_fts_keys AS k JOIN articles AS t ON t.id = k.id
-- view messages_fts_rows
CREATE VIEW messages_fts_rows AS SELECT k.rowid AS rowid, t.content
    FROM messages_fts_keys AS k JOIN messages AS t ON t.id = k.id
