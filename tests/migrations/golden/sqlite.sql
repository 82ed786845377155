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
-- index ix_generation_history_model_id
CREATE INDEX ix_generation_history_model_id ON generation_history (model, id)
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
-- index ix_training_jobs_text_corpus_id
CREATE INDEX ix_training_jobs_text_corpus_id ON training_jobs (text_corpus_id)
-- index sqlite_autoindex_alembic_version_1
alembic_version
-- index sqlite_autoindex_neural_checkpoints_1
neural_checkpoints
-- index sqlite_autoindex_neural_configs_1
neural_configs
-- index sqlite_autoindex_trace_events_1
trace_events
-- index sqlite_autoindex_training_jobs_1
training_jobs
-- index sqlite_autoindex_users_1
users
-- index sqlite_autoindex_users_2
users
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
    updated_at DATETIME NOT NULL,
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
