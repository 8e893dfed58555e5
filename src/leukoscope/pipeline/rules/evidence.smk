# What the alignment of one sample shows: expression, fusions, quality; or the user's own tables of these.


def given(column):
    """The file that the sample sheet names for a sample."""
    return lambda wildcards: SAMPLES[wildcards.sample][column]


def entered_with(column, path):
    """Names of the samples whose sheet names a file in `column`, as a pattern for wildcards."""
    names = [name for name in SAMPLES if SAMPLES[name][column]]
    return "|".join(name.replace(".", "[.]") for name in names) or "(?!)"


rule strandedness:
    input:
        "samples/{sample}/alignment/ReadsPerGene.out.tab",
    output:
        "samples/{sample}/strandedness.txt",
    params:
        software=software(),
        stated=given("strandedness"),
    log:
        "logs/strandedness/{sample}.log",
    shell:
        "{STEP} --name strandedness:{wildcards.sample} --log {log} --output {output} -- "
        "{LEUKOSCOPE} strandedness {input} --stated {params.stated} --output @{output}"


rule quantify:
    input:
        bam="samples/{sample}/alignment/Aligned.toTranscriptome.out.bam",
        strandedness="samples/{sample}/strandedness.txt",
    output:
        genes=temp("samples/{sample}/rsem/{sample}.genes.results"),
        isoforms="samples/{sample}/rsem/{sample}.isoforms.results",
        counts=directory("samples/{sample}/rsem/{sample}.stat"),
    params:
        software=software("RSEM"),
    log:
        "logs/quantify/{sample}.log",
    threads: min(4, config["threads"])
    resources:
        mem_mb=lambda wildcards, attempt: attempt * (1000 + config["star_memory_mb"] // 8),
    shell:
        "{STEP} --name quantify:{wildcards.sample} --log {log} --output {output} -- "
        "rsem-calculate-expression --alignments --paired-end --no-bam-output --seed {config[seed]} "
        '--num-threads {threads} --strandedness "$(cat {input.strandedness})" '
        "--temporary-folder @rsem-temp {input.bam} .leukoscope/reference/rsem/reference "
        "@samples/{wildcards.sample}/rsem/{wildcards.sample}"


rule genes:
    input:
        "samples/{sample}/rsem/{sample}.genes.results",
    output:
        "samples/{sample}/genes.tsv",
    params:
        software=software(),
    log:
        "logs/genes/{sample}.log",
    shell:
        "{STEP} --name genes:{wildcards.sample} --log {log} --output {output} -- "
        "{LEUKOSCOPE} adopt-counts {input} --reference .leukoscope/reference "
        "--sample {wildcards.sample} --output @{output}"


rule adopt_counts:
    input:
        given("counts"),
    output:
        "samples/{sample}/genes.tsv",
    wildcard_constraints:
        sample=entered_with("counts", "genes.tsv"),
    params:
        software=software(),
    log:
        "logs/adopt_counts/{sample}.log",
    shell:
        "{STEP} --name adopt_counts:{wildcards.sample} --log {log} --output {output} -- "
        "{LEUKOSCOPE} adopt-counts {input:q} {REFERENCE} "
        "--sample {wildcards.sample} --output @{output}"


ruleorder: adopt_counts > genes


def bam_of(wildcards):
    return SAMPLES[wildcards.sample]["bam"] or f"samples/{wildcards.sample}/alignment/Aligned.out.bam"


def introns_of(wildcards):
    """STAR's table of introns stands only beside our own alignment."""
    own = not SAMPLES[wildcards.sample]["bam"]
    return [f"samples/{wildcards.sample}/alignment/SJ.out.tab"] if own else []


def fusion_memory(wildcards, input, threads, attempt):
    """MB: the genes, the coverage that each thread counts, and chimeric records, a tenth of the BAM file at most.

    docs/performance.md has what was measured; more than one chimeric pair in a hundred needs a further attempt.
    """
    return attempt * int(2000 + 500 * threads + input.size_mb / 10)


if config["fusion_caller"] == "leukoscope":

    rule fusions:
        input:
            bam=bam_of,
            introns=introns_of,
        output:
            calls="samples/{sample}/fusions.tsv",
            discarded="samples/{sample}/fusions.discarded.tsv",
        params:
            software=software(),
            introns=lambda wildcards, input: f"--junctions {input.introns}" if input.introns else "",
        log:
            "logs/fusions/{sample}.log",
        threads: min(4, config["threads"])
        resources:
            mem_mb=fusion_memory,
        shell:
            "{STEP} --name fusions:{wildcards.sample} --log {log} --output {output} -- "
            "{LEUKOSCOPE} fusions {input.bam:q} --reference .leukoscope/reference {params.introns} "
            "--threads {threads} --output @{output.calls} --discarded @{output.discarded}"

else:

    rule arriba:
        input:
            bam=bam_of,
        output:
            calls=temp("samples/{sample}/arriba.tsv"),
            discarded="samples/{sample}/fusions.discarded.tsv",
        params:
            software=software("arriba"),
        log:
            "logs/arriba/{sample}.log",
        resources:
            mem_mb=lambda wildcards, attempt: attempt * 12000,
        shell:
            "{STEP} --name arriba:{wildcards.sample} --log {log} --output {output} -- "
            "arriba -x {input.bam:q} -g .leukoscope/reference/annotation.gtf -a .leukoscope/reference/genome.fa "
            "-f blacklist -o @{output.calls} -O @{output.discarded}"

    rule fusions:
        input:
            "samples/{sample}/arriba.tsv",
        output:
            "samples/{sample}/fusions.tsv",
        params:
            software=software(),
        log:
            "logs/fusions/{sample}.log",
        shell:
            "{STEP} --name fusions:{wildcards.sample} --log {log} --output {output} -- "
            "{LEUKOSCOPE} convert-fusions {input} --reference .leukoscope/reference "
            "--sample {wildcards.sample} --output @{output}"


rule adopt_fusions:
    input:
        given("fusions"),
    output:
        "samples/{sample}/fusions.tsv",
    wildcard_constraints:
        sample=entered_with("fusions", "fusions.tsv"),
    params:
        software=software(),
    log:
        "logs/adopt_fusions/{sample}.log",
    shell:
        "{STEP} --name adopt_fusions:{wildcards.sample} --log {log} --output {output} -- "
        "{LEUKOSCOPE} convert-fusions {input:q} {REFERENCE} "
        "--sample {wildcards.sample} --output @{output}"


ruleorder: adopt_fusions > fusions


def mutation_evidence(wildcards):
    """The alignment of a sample, if any, and the calls that its sheet names."""
    sample = SAMPLES[wildcards.sample]
    aligned = {"bam": bam_of(wildcards)} if sample["lanes"] or sample["bam"] else {}
    return aligned | ({"vcf": sample["vcf"]} if sample["vcf"] else {})


rule variants:
    input:
        unpack(mutation_evidence),
    output:
        variants="samples/{sample}/variants.tsv",
        candidates="samples/{sample}/candidates.tsv",
    params:
        software=software(),
        evidence=lambda wildcards, input: " ".join(
            shlex.quote(path) if name == "bam" else f"--vcf {shlex.quote(path)} --sample {wildcards.sample}"
            for name, path in input.items()
        ),
    log:
        "logs/variants/{sample}.log",
    resources:
        mem_mb=lambda wildcards, attempt: attempt * 2000,
    shell:
        "{STEP} --name variants:{wildcards.sample} --log {log} --output {output} -- "
        "{LEUKOSCOPE} variants --reference .leukoscope/reference --output @{output.variants} "
        "--candidates @{output.candidates} {params.evidence}"


rule deletions:
    input:
        lambda wildcards: introns_of(wildcards) or bam_of(wildcards),
    output:
        "samples/{sample}/deletions.tsv",
    params:
        software=software(),
    log:
        "logs/deletions/{sample}.log",
    resources:
        mem_mb=lambda wildcards, attempt: attempt * 3000,
    shell:
        "{STEP} --name deletions:{wildcards.sample} --log {log} --output {output} -- "
        "{LEUKOSCOPE} deletions {input:q} --reference .leukoscope/reference --output @{output}"


rule genotypes:
    input:
        bam_of,
    output:
        "samples/{sample}/genotypes.tsv.gz",
    params:
        software=software(),
    log:
        "logs/genotypes/{sample}.log",
    threads: min(2, config["threads"])
    resources:
        mem_mb=lambda wildcards, attempt: attempt * 3000,
    shell:
        "{STEP} --name genotypes:{wildcards.sample} --log {log} --output {output} -- "
        "{LEUKOSCOPE} genotypes {input:q} --reference .leukoscope/reference --threads {threads} --output @{output}"


def measured(wildcards):
    """Files that the quality gate judges."""
    folder = f"samples/{wildcards.sample}"
    own = {
        "star_log": f"{folder}/alignment/Log.final.out",
        "star_counts": f"{folder}/alignment/ReadsPerGene.out.tab",
        "fastp": f"{folder}/fastp.json",
    }
    return {"genes": f"{folder}/genes.tsv"} | (own if lanes(wildcards) else {})


rule quality:
    input:
        unpack(measured),
    output:
        "samples/{sample}/quality.tsv",
    params:
        software=software(),
        files=lambda wildcards, input: " ".join(
            f"--{name.replace('_', '-')} {path}" for name, path in input.items()
        ),
        stated=lambda wildcards: " ".join(
            f"--{name} {SAMPLES[wildcards.sample][name]}"
            for name in ("strandedness", "sex", "blasts")
            if SAMPLES[wildcards.sample][name]
        ),
    log:
        "logs/quality/{sample}.log",
    shell:
        "{STEP} --name quality:{wildcards.sample} --log {log} --output {output} -- "
        "{LEUKOSCOPE} quality --sample {wildcards.sample} {params.files} {params.stated} --no-gate --output @{output}"
